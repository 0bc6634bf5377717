-- The widths of a table's columns that make it shortest, found from its text.
--
-- Typst knows equal columns and given ones, and for those as wide as their text it takes
-- space from long text to give it to long heads. So widths are estimated here: each column
-- starts as wide as its longest word, and what is left goes, bit by bit, where it saves
-- most lines.

local STEP = 0.5 -- of an em; widths are counted in steps
local GUTTER = 10 / 9 -- between columns, in em of the table's text
-- Letters of Source Sans Pro and Libertinus Serif, rounded up, in em.
local CAPITAL, NARROW, SPACE, OTHER = 0.7, 0.34, 0.25, 0.54
local BOLD = 1.08
local CODE, INSET = 0.55, 1 -- a letter of a block of code, and what stands before it

local function width_of(word)
  local width = 0
  for _, code in utf8.codes(word) do
    local letter = utf8.char(code)
    if letter:match("^%u$") or letter == "m" or letter == "w" or letter == "%" then
      width = width + CAPITAL
    elseif letter:match("^[%.,;:'|!()%[%]ijltfr%-]$") then
      width = width + NARROW
    else
      width = width + OTHER
    end
  end
  return width
end

-- The widths of a cell's words; a line also breaks within a word at a space without width and,
-- unless `whole_words`, after a hyphen that is not near its beginning.
local function words_of(cell, scale, whole_words)
  local words = {}
  for _, block in ipairs(cell.contents) do
    for line in (block.t == "CodeBlock" and block.text or ""):gmatch("[^\n]+") do
      words[#words + 1] = { width = #line * CODE + INSET, space = SPACE }
    end
  end
  local text = pandoc.utils.stringify(cell.contents)
  if not whole_words then text = text:gsub("(%w%w%w%w%-)(%a)", "%1\u{200b}%2") end
  for spaced in text:gmatch("[^%s]+") do
    local space = SPACE
    for word in spaced:gsub("\u{200b}", " "):gmatch("[^ ]+") do
      words[#words + 1] = { width = width_of(word) * scale, space = space }
      space = 0
    end
  end
  return words
end

-- The same as one word.
local function whole(words)
  local width = 0
  for i, word in ipairs(words) do width = width + word.width + (i > 1 and word.space or 0) end
  return { { width = width, space = SPACE } }
end

local function lines_at(words, room)
  local lines, used = 1, 0
  for _, word in ipairs(words) do
    if used > 0 and used + word.space + word.width > room then
      lines, used = lines + 1, word.width
    else
      used = used + (used > 0 and word.space or 0) + word.width
    end
  end
  return lines
end

-- The cell of each column, row by row; one that reaches over several stands in each of them.
local function cells_by_column(rows, count)
  local all, above, left = {}, {}, {} -- for how many more rows a cell reaches down
  for i = 1, count do left[i] = 0 end
  for r, row in ipairs(rows) do
    local here, next_cell = {}, 1
    for i = 1, count do
      if left[i] > 0 then
        here[i], left[i] = above[i], left[i] - 1
      elseif not here[i] and row.cells[next_cell] then
        local cell = row.cells[next_cell]
        next_cell = next_cell + 1
        for j = i, math.min(i + cell.col_span - 1, count) do here[j] = cell end
      end
    end
    for i = 1, count do
      if here[i] and not rawequal(here[i], above[i]) then left[i] = here[i].row_span - 1 end
    end
    all[r], above = here, here
  end
  return all
end

-- The words of every cell, row by row, heads first. If `roomy`, the words of heads stay whole,
-- and so does a number with its interval, which stands in a column that goes right. A cell over
-- several columns asks none of them for room.
local function words_of_table(tbl, roomy)
  local rows = {}
  local function add(section, scale, is_head)
    local above = {}
    for _, cells in ipairs(cells_by_column(section, #tbl.colspecs)) do
      local words = {}
      for i, spec in ipairs(tbl.colspecs) do
        local cell = cells[i]
        local begins = cell and cell.col_span == 1 and not rawequal(cell, above[i])
        words[i] = begins and words_of(cell, scale, roomy and is_head) or {}
        if roomy and not is_head and spec[1] == "AlignRight" then words[i] = whole(words[i]) end
      end
      rows[#rows + 1], above = words, cells
    end
  end
  add(tbl.head.rows, BOLD, true)
  for _, body in ipairs(tbl.bodies) do add(body.body, 1, false) end
  return rows
end

-- The steps that each column's longest word takes, and those that the page then has left.
local function least(rows, count, width)
  local steps, left = {}, math.floor((width - (count - 1) * GUTTER) / STEP)
  for i = 1, count do
    local longest = STEP
    for _, row in ipairs(rows) do
      for _, word in ipairs(row[i]) do longest = math.max(longest, word.width) end
    end
    steps[i] = math.ceil(longest / STEP)
    left = left - steps[i]
  end
  return steps, left
end

-- Return the share of each column of what all of them have, and how large the letters can be so
-- that each column holds its longest word: 1, or less for a table wider than the page.
--
-- tbl: the table; width: of the page's text, in em of the table's.
local function column_widths(tbl, width)
  local count = #tbl.colspecs
  local rows = words_of_table(tbl, true)
  local steps, left = least(rows, count, width)
  if left < 0 then
    rows = words_of_table(tbl, false)
    steps, left = least(rows, count, width)
  end

  local known = {}
  local function lines(r, i, n)
    local key = (r * count + i) * 1000 + n
    known[key] = known[key] or lines_at(rows[r][i], n * STEP)
    return known[key]
  end
  -- A table is as long as the longest cells of its rows; that the others are short too
  -- decides between equals, and lets two columns shrink in turn. Returns the length by the
  -- steps of one column, the others being as they are.
  local function length_by(column)
    local longest, sum = {}, {} -- of the other cells of each row
    for r = 1, #rows do
      longest[r], sum[r] = 0, 0
      for i = 1, count do
        if i ~= column then
          local here = lines(r, i, steps[i])
          longest[r], sum[r] = math.max(longest[r], here), sum[r] + here
        end
      end
    end
    return function(n)
      local total = 0
      for r = 1, #rows do
        local here = lines(r, column, n)
        total = total + math.max(longest[r], here) + 0.1 * (sum[r] + here)
      end
      return total
    end
  end

  while left > 0 do
    local best, gain = nil, 0
    for i = 1, count do
      local length = length_by(i)
      local now = length(steps[i])
      for more = 1, math.min(left, 30) do
        local saved = (now - length(steps[i] + more)) / more
        if saved > gain then best, gain = { i, more }, saved end
      end
    end
    if not best then break end
    steps[best[1]] = steps[best[1]] + best[2]
    left = left - best[2]
  end

  local shares, total = {}, 0
  for i = 1, count do total = total + steps[i] end
  for i = 1, count do shares[i] = steps[i] / total end
  return shares, math.min(1, width / (total * STEP + (count - 1) * GUTTER))
end

return column_widths, cells_by_column
