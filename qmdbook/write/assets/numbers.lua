-- Sets the numbers of a column one under the other by their decimal points.
--
-- Both engines use it: as a filter in Quarto, and called by book.lua. What the shorter of
-- "5.3 (0.1–26.0)" and "27.8 (9.7–53.5)" lacks after its first point is added to the cell as
-- `data-pad`, which content.css shows unseen; a raised mark at the end is named, so that it
-- hangs into the margin. The text of the cells stays as it is, on the page and in the CSV.

local stringify = pandoc.utils.stringify

-- What follows the first whole number of a cell; nil where the cell begins with a word.
local function tail_of(cell)
  local plain = pandoc.Blocks(cell.contents):walk({ Superscript = function() return {} end })
  local before, tail = stringify(plain):match("^([^%d]*)%d[%d,]*(.*)$")
  return before and not before:match("%a") and tail or nil
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

-- The cells of a column, by what stays of their tails without digits and points: only cells
-- of one form can be set one under the other.
local function by_form(rows, column)
  local forms = {}
  for _, row in ipairs(rows) do
    local cell = row.cells[column]
    local tail = cell and tail_of(cell)
    if tail then
      local form = tail:gsub("[%d%.]", "")
      forms[form] = forms[form] or { points = 0, digits = 0 }
      local one = { cell = cell, points = count(tail, "%."), digits = count(tail, "%d") }
      forms[form].points = math.max(forms[form].points, one.points)
      forms[form].digits = math.max(forms[form].digits, one.digits)
      table.insert(forms[form], one)
    end
  end
  return forms
end

local function align(tbl)
  local rows = pandoc.List({})
  for _, body in ipairs(tbl.bodies) do rows:extend(body.body) end
  for column, spec in ipairs(tbl.colspecs) do
    if spec[1] == "AlignRight" then
      for _, form in pairs(by_form(rows, column)) do
        for _, one in ipairs(form) do
          local pad = ("."):rep(form.points - one.points) .. ("0"):rep(form.digits - one.digits)
          if pad ~= "" then one.cell.attr.attributes.pad = pad end
        end
      end
      for _, row in ipairs(rows) do
        local cell = row.cells[column]
        local block = cell and cell.contents[#cell.contents]
        local last = block and block.content and block.content[#block.content]
        if last and last.t == "Superscript" then cell.attr.classes:insert("raised") end
      end
    end
  end
  return tbl
end

if not quarto then return { align = align } end

return {
  {
    Table = function(tbl)
      if quarto.doc.is_format("html") then return align(tbl) end
    end,
  },
}
