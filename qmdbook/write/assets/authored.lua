-- What authors write besides text, tables and figures: callouts, tabs, images, links to files.
--
-- Read once for both formats; then pages and PDF show each in their way.

local stringify = pandoc.utils.stringify
local CALLOUTS <const> = { note = "Note", tip = "Tip", important = "Important", warning = "Warning", caution = "Caution" }
local PICTURE <const> = "picture" -- class of an image that the author names

-- Paths -------------------------------------------------------------------------------

local function decoded(target)
  return (target:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function encoded(path)
  return (path:gsub("[^%w%-%._~/\x80-\xff]", function(sign) return string.format("%%%02X", sign:byte()) end))
end

-- The path below the book's folder that a chapter names from its own folder or, with a slash,
-- from that of the book; nil where it leads out.
local function below_root(chapter, target)
  local from = target:sub(1, 1) == "/" and "" or chapter.file:match("^(.*/)[^/]*$") or ""
  local parts = {}
  for part in (from .. decoded(target)):gmatch("[^/]+") do
    if part == ".." and #parts == 0 then return nil end
    if part == ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts, "/")
end

-- Reading -----------------------------------------------------------------------------

local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind and CALLOUTS[kind] then return kind end
  end
end

-- A heading inside a callout is its title and no section of the chapter.
local function title_callout(div, problem)
  local title = pandoc.Inlines(CALLOUTS[callout_kind(div)])
  local given, first = div.attributes.title, div.content[1]
  if given then
    local read = pandoc.read(given, "markdown").blocks[1]
    if not read or (read.t ~= "Para" and read.t ~= "Plain") then
      problem(given, "the title of the callout is " .. given .. "; expected words")
      return nil
    end
    title = read.content
  elseif first and first.t == "Header" then
    title = first.content
    div.content:remove(1)
  end
  div.content:insert(1, pandoc.Div(pandoc.Plain(title), pandoc.Attr("", { "callout-title" })))
  div.classes:insert("callout")
  div.attributes = { collapse = div.attributes.collapse }
  return div
end

-- The headings of a tabset name its tabs, and are no sections of the chapter either.
local function divide_tabset(div, problem)
  local first = div.content[1]
  if not first or first.t ~= "Header" then
    problem("panel-tabset", "the tabset does not begin with a heading; expected one for each tab")
    return nil
  end
  local tabs = pandoc.Blocks({})
  for _, block in ipairs(div.content) do
    if block.t == "Header" and block.level == first.level then
      local title = pandoc.Div(pandoc.Plain(block.content), pandoc.Attr("", { "tab-title" }))
      tabs:insert(pandoc.Div({ title }, pandoc.Attr("", { "tab" })))
    else
      tabs[#tabs].content:insert(block)
    end
  end
  div.content = tabs
  return div
end

-- Names an author's image from the book's folder, as those of cells are named.
local function place_image(chapter, image, known, problem)
  local named = image.src
  if named:match("^%a[%w+.-]*:") then
    problem(named, "the image " .. named .. " is not a file of the book; save it in the book's folder")
    return nil
  end
  if not known.endings[(named:match("%.%w+$") or ""):lower()] then
    problem(named, "the image " .. named .. " has a format that is not supported; expected PNG, JPEG, GIF, SVG or WebP")
    return nil
  end
  local path = below_root(chapter, named)
  if not path or not known.files[path] then
    problem(named, "the image " .. named .. " does not exist; expected a path from the chapter's folder to a file of the book")
    return nil
  end
  local alt = image.attributes["fig-alt"] or stringify(image.caption)
  if alt:match("^%s*$") then
    problem(named, "the image " .. named .. ' has no alternative text; add {fig-alt="…"}')
    return nil
  end
  image.attributes = { alt = alt, width = image.attributes.width }
  image.classes:insert(PICTURE)
  image.src = path
  chapter.pictures[#chapter.pictures + 1] = path
  return image
end

-- All that may be active on a page, in the order of the text: raw text, addresses of links, names of
-- attributes. Whether a page may have it is judged in Python, by html.py.
local function judged(blocks)
  local found, seen = {}, {}
  local function add(kind, text, form)
    local key = kind .. "\0" .. text
    if kind ~= "raw" and seen[key] then return end
    seen[key] = true
    found[#found + 1] = { kind = kind, text = text, form = form }
  end
  local function attributes(element)
    for name in pairs(element.attributes) do add("attribute", name) end
  end
  local function raw(element) add("raw", element.text, element.format) end
  blocks:walk({
    traverse = "topdown",
    RawBlock = raw, RawInline = raw,
    Link = function(link)
      add("link", link.target)
      attributes(link)
    end,
    Code = attributes, CodeBlock = attributes, Div = attributes, Figure = attributes,
    Header = attributes, Image = attributes, Span = attributes, Table = attributes,
  })
  return found
end

-- Return the blocks of a chapter with titles, tabs and paths in place. `known` has the endings of
-- images and the files with one, as sets.
local function read(chapter, blocks, known, problem)
  local made = {}
  for _, path in ipairs(chapter.made) do made[path] = true end
  chapter.pictures = {}
  local walked = blocks:walk({
    Div = function(div)
      if callout_kind(div) then return title_callout(div, problem) end
      if div.classes:includes("panel-tabset") then return divide_tabset(div, problem) end
    end,
    Image = function(image)
      if not made[image.src] then return place_image(chapter, image, known, problem) end
    end,
    Header = function(header)
      local _, at = header.content:find_if(function(inline) return inline.t == "Note" end)
      header.content:walk({
        Note = function()
          local before = pandoc.Inlines({ table.unpack(header.content, 1, at and at - 1) })
          problem(stringify(before), "a note in a heading is not supported, since contents repeat headings; put it into the text")
        end,
      })
    end,
  })
  chapter.judged = judged(walked)
  return walked
end

-- Writing -----------------------------------------------------------------------------

-- What a reader opens on a page: a summary and what it stands for.
local function details(div, class, attributes)
  local title = div.content[1]
  div.content:remove(1)
  local id = div.identifier ~= "" and string.format(' id="%s"', div.identifier) or ""
  local opening = pandoc.Blocks({
    pandoc.RawBlock("html", string.format('<details class="%s"%s%s>', class, id, attributes)),
    pandoc.RawBlock("html", string.format('<summary class="%s">', title.classes[1])),
    title.content[1],
    pandoc.RawBlock("html", "</summary>"),
  })
  return opening .. div.content .. pandoc.Blocks({ pandoc.RawBlock("html", "</details>") })
end

local tabsets = 0

-- A collapsible callout, or the tabs of a set, of which one at a time is open; nil for other blocks.
local function html_of_div(div)
  local kind = callout_kind(div)
  if kind and div.attributes.collapse then
    return details(div, "callout callout-" .. kind, div.attributes.collapse == "false" and " open" or "")
  end
  if div.classes:includes("panel-tabset") then
    tabsets = tabsets + 1
    local shown = pandoc.Blocks({})
    for i, tab in ipairs(div.content) do
      local open = i == 1 and " open" or ""
      shown:extend(details(tab, "tab", string.format(' name="tabset-%d"%s', tabsets, open)))
    end
    div.content = shown
    return div
  end
end

return {
  read = read, below_root = below_root, encoded = encoded,
  callout_kind = callout_kind, html_of_div = html_of_div, PICTURE = PICTURE,
}
