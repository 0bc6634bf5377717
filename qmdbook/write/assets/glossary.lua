-- Explains an abbreviation where it first stands in the prose of a section, as <abbr title>.
--
-- Both engines use it: as a filter in Quarto, and called by book.lua. The terms are those of the
-- table that `qmdbook.glossary` names in _quarto.yml. Headings, links, code, tables and captions stay
-- as they are.

local stringify = pandoc.utils.stringify
local SECTION = 2 -- a heading down to this level begins anew

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

-- term -> what its note says; a term of several words stands in the glossary alone.
local function read_terms(path)
  local handle = io.open(path, "rb")
  if not handle then return nil end
  local csv = pandoc.read(handle:read("a"), "csv").blocks[1]
  handle:close()
  local terms = {}
  for _, row in ipairs(csv.bodies[1].body) do
    local term, long, explanation = table.unpack(row.cells:map(function(cell) return stringify(cell.contents) end))
    if not term:find(" ") then
      terms[term] = long ~= "" and (long .. ": " .. explanation) or explanation
    end
  end
  return terms
end

-- Quarto renders a chapter in its own folder, and a preview of one knows of no project.
local function read_at_root(path)
  for _, folder in ipairs({ ".", "..", "../..", "../../.." }) do
    local terms = read_terms(pandoc.path.join({ folder, path }))
    if terms then return terms end
  end
end

local function explained(str, terms, seen)
  local before, term, after = str.text:match("^([%(%[“]*)(.-)([%.,;:%)%]”]*)$")
  if not terms[term] or seen[term] then return nil end
  seen[term] = true
  return pandoc.Inlines({
    pandoc.Str(before),
    pandoc.RawInline("html", '<abbr title="' .. escape(terms[term]) .. '">' .. escape(term) .. "</abbr>"),
    pandoc.Str(after),
  })
end

local function abbreviate(blocks, terms)
  local seen = {}
  local function leave(element) return element, false end
  local inside = {
    traverse = "topdown",
    Link = leave, Cite = leave, Code = leave, Image = leave, Note = leave, Math = leave,
    Str = function(str) return explained(str, terms, seen) end,
  }
  return blocks:walk({
    traverse = "topdown",
    Header = function(header)
      if header.level <= SECTION then seen = {} end
      return header, false
    end,
    Div = function(div)
      -- Quarto has made a node of its own of a float before the filter sees it.
      local a_float = div.identifier:match("^tbl%-") or div.identifier:match("^fig%-")
        or div.attributes.__quarto_custom_type == "FloatRefTarget"
      if a_float or div.identifier == "refs" then return div, false end
    end,
    Table = leave, Figure = leave, CodeBlock = leave,
    Para = function(para) return pandoc.Para(para.content:walk(inside)), false end,
    Plain = function(plain) return pandoc.Plain(plain.content:walk(inside)), false end,
  })
end

if not quarto then return { read_terms = read_terms, abbreviate = abbreviate, escape = escape } end

return {
  {
    Pandoc = function(document)
      local book = document.meta.qmdbook
      if not book or not quarto.doc.is_format("html") then return nil end
      local beginnings = {}
      for i, beginning in ipairs(book["filtered-tables"] or {}) do beginnings[i] = stringify(beginning) end
      if #beginnings > 0 then
        -- Read by tables.html.
        local content = escape(table.concat(beginnings, " "))
        quarto.doc.include_text("in-header", '<meta name="filtered-tables" content="' .. content .. '">')
      end
      if not book.glossary then return nil end
      local terms = read_at_root(stringify(book.glossary))
      if not terms then return nil end
      document.blocks = abbreviate(document.blocks, terms)
      return document
    end,
  },
}
