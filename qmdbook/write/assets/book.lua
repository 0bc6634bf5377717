-- Turns executed chapters into pages and Typst: one Pandoc process reads, numbers, cites and writes.
--
-- Run as `pandoc lua book.lua MANIFEST`. The manifest (JSON, written by qmdbook.write.pandoc)
-- names the chapters in order, the templates and the files to write. What is wrong with the
-- text (a reference without a target, a citation without an entry) goes to the report,
-- another JSON file, for Python to show with file and line.

local stringify = pandoc.utils.stringify
local function asset(name) return pandoc.path.join({ pandoc.path.directory(arg[0]), name }) end
local column_widths, cells_by_column = dofile(asset("columns.lua"))
local glossary = dofile(asset("glossary.lua"))
local authored = dofile(asset("authored.lua"))

local KINDS = { fig = "Figure", tbl = "Table", eq = "Equation", sec = "Section" }
local NBSP = "\u{a0}"
local BREAK = "\u{200b}" -- where a line may break, without a space
-- How much the search counts a word of a table or of the references, which would bury sentences.
local LIST_WEIGHT = "0.1"
local escape = glossary.escape

local function read_file(path)
  local handle = assert(io.open(path, "rb"))
  local text = handle:read("a")
  handle:close()
  return text
end

local UNWRITTEN <const> = 74 -- exit status: a file cannot be written

local function write_file(path, text)
  local function need(done, _, number)
    if not done then
      -- Read by pandoc.py: which file, and the system's number of what is wrong.
      io.stderr:write(string.format("%d %s", number, path))
      os.exit(UNWRITTEN)
    end
    return done
  end
  local handle = need(io.open(path, "wb"))
  -- A full disk shows in these two.
  need(handle:write(text))
  need(handle:close())
end

local manifest = pandoc.json.decode(read_file(arg[1]), false)
local problems = {}

local function problem(chapter, key, message)
  problems[#problems + 1] = { file = chapter.file, key = key, message = message }
end

local function kind_of(id)
  return KINDS[id:match("^(%a+)%-") or ""] and id:match("^(%a+)%-") or nil
end

-- The text of a cell; Pandoc itself passes over code and an image without a caption.
local function text_of(cell)
  local first = cell.contents[1]
  local text = first and stringify(cell.contents) or ""
  if not first or (text ~= "" and first.t == "Plain" and #cell.contents == 1) then return text end
  return stringify(cell.contents:walk({
    CodeBlock = function(code) return pandoc.Plain(code.text) end,
    Image = function(image) return pandoc.Str(image.attributes["fig-alt"] or stringify(image.caption)) end,
  }))
end

-- Whether a cell of a table spans several columns or rows.
local function has_spans(tbl)
  local found = false
  local function look(row)
    for _, cell in ipairs(row.cells) do found = found or cell.col_span > 1 or cell.row_span > 1 end
  end
  for _, row in ipairs(tbl.head.rows) do look(row) end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do look(row) end
  end
  return found
end

-- HTML that a cell outputs ---------------------------------------------------------------

local NUMBER <const> = "^[-−+]?[%d.,]+%%?$"
local NO_NUMBER <const> = { [""] = true, nan = true, ["<na>"] = true }

-- Columns of numbers stand to the right, as Jupyter shows them, and others to the left.
local function align_columns(tbl)
  local is_text = {}
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for i, cell in ipairs(row.cells) do
        local text = text_of(cell)
        if not (text:match(NUMBER) or NO_NUMBER[text:lower()]) then is_text[i] = true end
      end
    end
  end
  for i, spec in ipairs(tbl.colspecs) do spec[1] = is_text[i] and "AlignLeft" or "AlignRight" end
end

local HTML <const> = "html-native_divs-native_spans"

-- Change an attribute of each cell in HTML by a pattern.
local function change_cells(html, pattern, replacement)
  return (html:gsub("<[tT][dDhH]%s[^>]*>", function(tag) return (tag:gsub(pattern, replacement)) end))
end

local SPAN <const> = "(%a%a%a[sS][pP][aA][nN]%s*=%s*[\"']?)(%-?%d+)" -- colspan or rowspan, its value

-- As browsers do, which let a cell reach over so many columns at most; Pandoc takes a minute for more.
local MOST <const> = 1000

local function limit_spans(html)
  return change_cells(html, SPAN, function(name, count)
    return name .. math.max(1, math.min(math.tointeger(tonumber(count)) or MOST, MOST))
  end)
end

-- Whether all cells of tables are in what Pandoc has read of HTML. It drops those for which cells
-- that reach over several rows or columns leave no room, and none if no cell does.
local function all_cells_read(html, read)
  local alone = change_cells(html, SPAN, "title=%2")
  return alone == html or stringify(pandoc.read(alone, HTML).blocks) == stringify(read)
end

-- Pandoc reads it, so that it becomes a table or text of every format. What only dresses it
-- goes: the pages' policy allows no styles of single elements.
local function read_cell_html(block, chapter)
  if block.format ~= "cell-html" then return nil end
  local kept = pandoc.Blocks({})
  local function drop() return {} end
  local html = limit_spans(block.text)
  local read = pandoc.read(html, HTML).blocks
  if not all_cells_read(html, read) then
    local text = html:gsub("<style.-</style>", ""):gsub("<[^>]*>", " "):gsub("%s+", " "):match("^ ?(.-) ?$")
    if utf8.len(text) and utf8.len(text) > 40 then text = text:sub(1, utf8.offset(text, 41) - 1) .. "…" end
    problem(chapter, nil, "the rows of the table “" .. text .. "” differ in their number of columns; expected a table whose rowspan and colspan leave a place to each cell")
  end
  for _, one in ipairs(read:walk({ RawBlock = drop, RawInline = drop })) do
    if one.t == "Table" then
      -- Only a label makes a caption that is numbered; another one stands above as text.
      for _, caption in ipairs(one.caption.long) do kept:insert(pandoc.Para(caption.content)) end
      one.caption, one.attr = pandoc.Caption({}), pandoc.Attr()
      for _, rows in ipairs({ one.head.rows, one.foot.rows, one.bodies[1] and one.bodies[1].body or {} }) do
        for _, row in ipairs(rows) do
          row.attr = pandoc.Attr()
          for _, cell in ipairs(row.cells) do cell.attr = pandoc.Attr() end
        end
      end
      align_columns(one)
    elseif one.t == "Header" then
      one = pandoc.Para(pandoc.Strong(one.content)) -- no section of the chapter
    end
    local empty = (one.t == "Plain" or one.t == "Para") and #one.content == 0
    if not empty then kept:insert(one) end
  end
  return kept
end

-- Numbering ---------------------------------------------------------------------------

-- label -> { kind, number, chapter, title }; filled while the chapters are numbered.
local labels = {}

local function register(chapter, id, kind, number, title)
  labels[id] = { kind = kind, number = number, chapter = chapter, title = title }
end

-- Quarto counts figures, tables and equations through a chapter and puts the chapter's
-- number before them; a chapter without a number leaves it out.
local function scoped(chapter, count)
  return chapter.number and (chapter.number .. "." .. count) or tostring(count)
end

local function number_sections(chapter)
  local counts = {}
  return function(header)
    if header.level == 1 then
      chapter.id, chapter.title = header.identifier, header.content
      if header.identifier:match("^sec%-") then
        register(chapter, header.identifier, "chapter", chapter.number, header.content)
      end
      return nil
    end
    local number
    if not header.classes:includes("unnumbered") then
      local depth = header.level - 1
      counts[depth] = (counts[depth] or 0) + 1
      for deeper = depth + 1, 6 do counts[deeper] = nil end
      local parts = { chapter.number }
      for i = 1, depth do parts[#parts + 1] = counts[i] or 0 end
      number = table.concat(parts, ".")
      -- In a chapter without a number Quarto counts sections for references alone.
      if chapter.number then header.attributes["data-number"] = number end
    end
    if header.identifier:match("^sec%-") then
      register(chapter, header.identifier, "sec", number, header.content)
    end
    return header
  end
end

-- Tables whose widths of columns the author gives, by label.
local given_widths = {}

-- A float is `::: {#tbl-x}` or `::: {#fig-x}`: its content, then its caption as the last
-- paragraph. It becomes one table or figure that carries its own number.
local function caption_with_number(kind, number, caption)
  return pandoc.Caption({ pandoc.Plain(pandoc.Inlines(KINDS[kind] .. NBSP .. number .. ": ") .. caption) })
end

local function number_floats(chapter)
  local counts = { fig = 0, tbl = 0 }
  -- An image with a label, `![caption](file){#fig-x}`.
  local function number_image(figure)
    if kind_of(figure.identifier) ~= "fig" then return nil end
    counts.fig = counts.fig + 1
    local number = scoped(chapter, counts.fig)
    register(chapter, figure.identifier, "fig", number)
    figure.caption = caption_with_number("fig", number, figure.caption.long[1].content)
    figure.classes:insert("float-fig")
    return figure
  end
  local function number_div(div)
    local kind = kind_of(div.identifier)
    if kind ~= "fig" and kind ~= "tbl" then return nil end
    counts[kind] = counts[kind] + 1
    local number = scoped(chapter, counts[kind])
    register(chapter, div.identifier, kind, number)
    local blocks = div.content
    local caption = blocks[#blocks]
    if #blocks > 1 and caption.t == "OrderedList" then
      problem(chapter, div.identifier, "the caption begins like an item of a list; put a \\ before its first mark, as in \\(A)")
      return nil
    end
    if #blocks < 2 or (caption.t ~= "Para" and caption.t ~= "Plain") then
      problem(chapter, div.identifier, "the block has no caption; expected it as its last paragraph")
      return nil
    end
    blocks:remove(#blocks)
    local numbered = caption_with_number(kind, number, caption.content)
    if kind == "tbl" then
      local tbl, rest = blocks[1], pandoc.Blocks({})
      for i = 2, #blocks do rest:insert(blocks[i]) end
      -- After the table may follow what is for the page alone, such as a folded list, and text,
      -- such as the size of a data frame of which pandas shows a part.
      local allowed = rest:filter(function(block)
        return block.t == "RawBlock" and block.format == "html" or block.t == "Para" or block.t == "Plain"
      end)
      if not tbl or tbl.t ~= "Table" or #allowed < #rest then
        problem(chapter, div.identifier, "the block is not one table; expected one table and its caption")
        return nil
      end
      tbl.identifier = div.identifier
      local widths = div.attributes["tbl-colwidths"]
      if widths then
        given_widths[div.identifier] = true
        local column = 0
        for percent in widths:gmatch("[%d.]+") do
          column = column + 1
          if tbl.colspecs[column] then tbl.colspecs[column][2] = tonumber(percent) / 100 end
        end
      end
      tbl.caption = numbered
      rest:insert(1, tbl)
      return rest
    end
    -- Pandoc takes a paragraph that is one captioned image for a figure of its own.
    blocks = blocks:walk({ Figure = function(inner) return inner.content end })
    return pandoc.Figure(blocks, numbered, pandoc.Attr(div.identifier, { "float-fig" }))
  end
  return { Div = number_div, Figure = number_image }
end

local function number_equations(chapter)
  local count = 0
  return function(para)
    local last = para.content[#para.content]
    local id = last and last.t == "Str" and last.text:match("^{#(eq%-[%w-]+)}$")
    if not id or para.content[1].t ~= "Math" then return nil end
    count = count + 1
    local number = scoped(chapter, count)
    register(chapter, id, "eq", number)
    local math = pandoc.Math("DisplayMath", para.content[1].text .. " \\qquad(" .. number .. ")")
    return pandoc.Div(pandoc.Para({ math }), pandoc.Attr(id, { "equation" }))
  end
end

local function number_chapter(chapter)
  chapter.blocks = chapter.blocks:walk({ Header = number_sections(chapter) })
  chapter.blocks = chapter.blocks:walk(number_floats(chapter))
  chapter.blocks = chapter.blocks:walk({ Para = number_equations(chapter) })
end

-- References ---------------------------------------------------------------------------

local function reference_text(label, from_first_page)
  if label.kind == "chapter" then
    -- On the first page Quarto names a chapter by number and title, elsewhere by number.
    if label.number and from_first_page then
      return pandoc.Inlines(label.number .. NBSP .. " ") .. label.title
    end
    if label.number then return pandoc.Inlines("Chapter" .. NBSP .. label.number) end
    return label.title
  end
  if not label.number then return label.title end
  return pandoc.Inlines(KINDS[label.kind] .. NBSP .. label.number)
end

-- One of the references of a group. What stands before it takes the place of its name: "see 1.1".
local function reference_link(citation, from_first_page)
  local label = labels[citation.id]
  local text = reference_text(label, from_first_page)
  if label.number and (citation.mode == "SuppressAuthor" or #citation.prefix > 0) then
    text = pandoc.Inlines(label.number)
    if #citation.prefix > 0 then text = citation.prefix .. pandoc.Inlines(pandoc.Str(NBSP)) .. text end
  end
  return pandoc.Link(text, "#" .. citation.id, "", pandoc.Attr("", { "quarto-xref" }))
end

local function resolve_references(chapter)
  chapter.blocks = chapter.blocks:walk({
    Cite = function(cite)
      local refs = cite.citations:filter(function(c) return kind_of(c.id) ~= nil end)
      if #refs == 0 then return nil end
      local shown = pandoc.Inlines({})
      for i, ref in ipairs(refs) do
        if #refs < #cite.citations or #ref.suffix > 0 then
          problem(chapter, "@" .. ref.id, "the brackets around @" .. ref.id .. " hold more than references; expected only references, as in [@" .. ref.id .. "; @tbl-x]")
          return nil
        end
        if not labels[ref.id] then
          problem(chapter, "@" .. ref.id, "the reference @" .. ref.id .. " has no target; expected a label of the book")
          return nil
        end
        if i > 1 then shown:extend({ pandoc.Str(","), pandoc.Space() }) end
        shown:insert(reference_link(ref, chapter == manifest.chapters[1]))
      end
      return shown
    end,
  })
end

-- The chapter and the anchor that a link to a chapter names, `b.qmd#x`; nil for other links.
local function linked_chapter(chapter, target)
  local file, id = target:match("^([^:#]*%.qmd)#?(.*)$")
  if not file then return nil end
  local path = authored.below_root(chapter, file)
  for _, other in ipairs(manifest.chapters) do
    if other.file == path then return other, id end
  end
  return false
end

-- A link to a chapter needs that chapter and, `[a](other.qmd#x)`, the anchor. Of a chapter that was
-- not executed this time, the anchors that its cells make are not known.
local function check_links(chapters, pages)
  for _, chapter in ipairs(chapters) do
    chapter.blocks:walk({
      Link = function(link)
        local other, id = linked_chapter(chapter, link.target)
        if other == false or (other and id ~= "" and not pages[id] and other.executed) then
          problem(chapter, link.target, "the link to " .. link.target .. " has no target; expected a chapter or label of the book")
        end
      end,
    })
  end
end

-- Citations ----------------------------------------------------------------------------

local function cite(chapters)
  local known = {}
  local meta = pandoc.Meta({ bibliography = manifest.bibliography, csl = manifest.csl, ["link-citations"] = true })
  local all = pandoc.Pandoc({}, meta)
  all.meta.nocite = pandoc.Inlines({ pandoc.Cite({ pandoc.Str("@*") }, { pandoc.Citation("*", "AuthorInText") }) })
  for _, reference in ipairs(pandoc.utils.references(all)) do known[reference.id] = true end
  -- One document, so that the list of references is one; a wrapper keeps each chapter apart.
  local whole = pandoc.Blocks({})
  for i, chapter in ipairs(chapters) do
    chapter.cites = pandoc.Inlines({})
    chapter.blocks:walk({
      Cite = function(c)
        chapter.cites:insert(pandoc.Cite({}, c.citations))
        for _, citation in ipairs(c.citations) do
          if not known[citation.id] and not kind_of(citation.id) then
            problem(chapter, citation.id, "the citation @" .. citation.id .. " has no entry in " .. manifest.bibliography .. "; expected one of its keys")
          end
        end
      end,
    })
    whole:insert(pandoc.Div(chapter.blocks, pandoc.Attr("", {}, { chapter = tostring(i) })))
  end
  if #problems > 0 then return end
  local read, cited = pcall(pandoc.utils.citeproc, pandoc.Pandoc(whole, meta))
  if not read then
    problem({ file = manifest.csl or manifest.bibliography }, nil, "the file cannot be read: " .. tostring(cited):match("^[^\n]*"))
    return
  end
  for _, block in ipairs(cited.blocks) do
    local i = block.t == "Div" and tonumber(block.attributes.chapter)
    if i then
      chapters[i].blocks = block.content:walk({ Cite = function(c) return c.content end })
    end
  end
end

-- HTML ---------------------------------------------------------------------------------

local function html_inlines(inlines)
  local html = pandoc.write(pandoc.Pandoc({ pandoc.Plain(inlines) }), "html", { html_math_method = "mathml", wrap_text = "none" })
  return (html:gsub("\n+$", ""))
end

local function root_of(page)
  return (page:gsub("[^/]+", ".."):gsub("%.%.$", ""))
end

local function ids_of(blocks)
  local ids = {}
  local function seen(element)
    if element.identifier ~= "" then ids[#ids + 1] = element.identifier end
  end
  blocks:walk({ Header = seen, Div = seen, Table = seen, Figure = seen, Span = seen })
  return ids
end

local function collect_ids(chapters)
  local pages = {}
  for _, chapter in ipairs(chapters) do
    chapter.ids = chapter.ids or ids_of(chapter.blocks)
    for _, id in ipairs(chapter.ids) do pages[id] = chapter.page end
  end
  return pages
end

-- A table as shown, without the raised marks, which would run into the numbers. The text of a cell
-- over several columns or rows stands in each of them.
local function table_as_csv(tbl)
  local lines = {}
  tbl = tbl:walk({ Superscript = function() return {} end })
  local function add(rows)
    for _, cells in ipairs(cells_by_column(rows, #tbl.colspecs)) do
      local fields = {}
      for i = 1, #tbl.colspecs do
        local text = cells[i] and text_of(cells[i]):gsub(NBSP, " ") or ""
        fields[i] = text:find('[",\n]') and '"' .. text:gsub('"', '""') .. '"' or text
      end
      lines[#lines + 1] = table.concat(fields, ",")
    end
  end
  add(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do add(body.body) end
  return table.concat(lines, "\n") .. "\n"
end

-- One line of links, `{ text, path below the book }` each.
local function download_line(lead, root, links)
  local shown = {}
  for i, link in ipairs(links) do
    shown[i] = string.format('<a href="%s%s" download>%s</a>', root, escape(link[2]), escape(link[1]))
  end
  return pandoc.RawBlock("html", '<div class="downloads">' .. lead .. ": " .. table.concat(shown, ", ") .. "</div>")
end

-- Where the data of a table are: its own where it gave them, else the table as it is shown.
local function data_of_table(chapter, tbl)
  local path = manifest.downloads .. "/" .. tbl.identifier .. ".csv"
  for _, file in ipairs(chapter.files) do
    if file == path then return path end
  end
  local folder = manifest.html_folder .. "/" .. manifest.downloads
  pandoc.system.make_directory(folder, true)
  write_file(manifest.html_folder .. "/" .. path, table_as_csv(tbl))
  return path
end

local function links_of_figure(chapter, id)
  local path = "figures/" .. id
  local links = chapter.drawings[id] and { { "SVG", path .. ".svg" }, { "PNG", path .. ".png" } } or {}
  for _, file in ipairs(chapter.files) do
    local ending = file:match("^" .. path:gsub("%-", "%%-") .. "%.(%a+)$")
    if ending then links[#links + 1] = { ending == "csv" and "data (CSV)" or ending:upper(), file } end
  end
  return links
end

-- Where the numbers of a figure come from, with the version of the book, before its downloads.
local function lead_of_figure(chapter, id)
  local source, version = chapter.sources[id], manifest.variables.version
  if not source then return "Download" end
  if version and version ~= "" then source = source .. "; version " .. version end
  return "Source: " .. escape(source) .. ". Download"
end

local function links_of_chapter(chapter)
  local path = manifest.downloads .. "/" .. chapter.file:match("([^/]+)%.qmd$")
  local links = { { "notebook", path .. ".ipynb" }, { "text (Markdown)", path .. ".md" } }
  if manifest.archive then
    links[#links + 1] = { "the whole dataset (ZIP)", manifest.archive }
  end
  return links
end

local figure_captions = {} -- of the figures of the pages written, as plain text

local function html_blocks(chapter, blocks)
  local root = root_of(chapter.page)
  return blocks:walk({
    traverse = "topdown",
    Header = function(header)
      local number = header.attributes["data-number"]
      if number then
        local span = pandoc.Span(number, pandoc.Attr("", { "header-section-number" }))
        header.content = pandoc.Inlines({ span, pandoc.Space() }) .. header.content
      end
      return header
    end,
    CodeBlock = function(code)
      if code.classes:includes("cell-code") then
        return pandoc.Blocks({
          pandoc.RawBlock("html", manifest.code_fold and "<details class=\"code-fold\"><summary>Code</summary>" or "<div>"),
          pandoc.CodeBlock(code.text, pandoc.Attr("", { "python" })),
          pandoc.RawBlock("html", manifest.code_fold and "</details>" or "</div>"),
        }), false
      end
      -- Pandoc looks for a syntax of this name in all that it knows, which takes half a second.
      if code.classes:includes("text") then return pandoc.CodeBlock(code.text) end
    end,
    Div = function(div)
      if div.identifier == "refs" then div.attributes["data-pagefind-weight"] = LIST_WEIGHT end
      return authored.html_of_div(div) or div
    end,
    Figure = function(figure)
      if not figure.classes:includes("float-fig") then return nil end
      figure_captions[figure.identifier] = pandoc.utils.stringify(figure.caption.long)
      local drawing = chapter.drawings[figure.identifier]
      if drawing then
        figure.content = { pandoc.RawBlock("html", '<div class="drawing-frame">' .. drawing .. "</div>") }
      end
      local links = links_of_figure(chapter, figure.identifier)
      if #links == 0 then return figure, false end
      return pandoc.Blocks({ figure, download_line(lead_of_figure(chapter, figure.identifier), root, links) }), false
    end,
    Table = function(tbl)
      -- The caption stands outside the frame that scrolls.
      local frame, caption = pandoc.Div(tbl, pandoc.Attr("", { "table-frame" })), tbl.caption
      if #caption.long == 0 then return frame, false end
      local id = tbl.identifier
      local line = download_line("Download", root, { { "CSV", data_of_table(chapter, tbl) } })
      frame.content[1].caption, frame.content[1].identifier = pandoc.Caption({}), ""
      frame.attributes["data-pagefind-weight"] = LIST_WEIGHT
      return pandoc.Blocks({ pandoc.Figure(frame, caption, pandoc.Attr(id, { "float-tbl" })), line }), false
    end,
  })
end

-- Takes out the notes of each table and gives them to `take` with the table, so that nothing that
-- is only for the page stands between the two.
local function notes_to_tables(blocks, is_table, take)
  local kept, tbl = pandoc.Blocks({}), nil
  for _, block in ipairs(blocks) do
    if block.t == "Div" and block.classes:includes("table-notes") and tbl then
      take(tbl, block)
    else
      local for_the_page = block.t == "RawBlock" or block.t == "CodeBlock"
      if not for_the_page then tbl = is_table(block) and block or nil end
      kept:insert(block)
    end
  end
  return kept
end

local function notes_into_floats(blocks)
  return notes_to_tables(blocks, function(block)
    return block.t == "Figure" and block.classes:includes("float-tbl")
  end, function(float, notes)
    float.content = float.content .. { notes }
  end)
end

-- A walk of its own: the one above stops at tables.
local function html_links(blocks, chapter, pages)
  local root = root_of(chapter.page)
  local function picture(image)
    image.src = root .. authored.encoded(image.src)
    return image
  end
  return blocks:walk({
    Figure = function(figure)
      if not manifest.lightbox then return nil end
      return figure:walk({
        Image = function(image)
          if image.classes:includes(authored.PICTURE) then return pandoc.Link({ image }, image.src) end
        end,
      })
    end,
    Image = picture,
    Link = function(link)
      local id = link.target:match("^#(.+)$")
      if id and pages[id] and pages[id] ~= chapter.page then
        link.target = root .. pages[id] .. "#" .. id
        return link
      end
      local other, anchor = linked_chapter(chapter, link.target)
      if not other then return nil end
      local near = pandoc.path.directory(other.page) == pandoc.path.directory(chapter.page)
      local page = near and pandoc.path.filename(other.page) or root .. other.page
      link.target = authored.encoded(page) .. (anchor ~= "" and "#" .. anchor or "")
      return link
    end,
  })
end

local function numbered(number, inlines)
  return (number and ('<span class="number">' .. number .. "</span> ") or "") .. html_inlines(inlines)
end

local function contents_of_page(chapter)
  local lines = {}
  for _, block in ipairs(chapter.blocks) do
    if block.t == "Header" and block.level > 1 and block.level < 4 then
      lines[#lines + 1] = string.format(
        '<li class="toc-%d"><a href="#%s">%s</a></li>',
        block.level, block.identifier, numbered(block.attributes["data-number"], block.content))
    end
  end
  return #lines > 0 and ("<ul>" .. table.concat(lines, "\n") .. "</ul>") or nil
end

local function chapter_name(chapter)
  chapter.name = chapter.name or numbered(chapter.number, chapter.title)
  return chapter.name
end

local function contents_of_book(chapters, current)
  local root = root_of(current.page)
  local lines, part = { "<ul>" }, nil
  for _, chapter in ipairs(chapters) do
    if chapter.part ~= part then
      if part then lines[#lines + 1] = "</ul></li>" end
      part = chapter.part
      if part then lines[#lines + 1] = '<li><span class="part">' .. escape(part) .. "</span><ul>" end
    end
    lines[#lines + 1] = string.format(
      '<li><a href="%s%s"%s>%s</a></li>', root, chapter.page,
      chapter == current and ' aria-current="page"' or "", chapter_name(chapter))
  end
  if part then lines[#lines + 1] = "</ul></li>" end
  lines[#lines + 1] = "</ul>"
  return table.concat(lines, "\n")
end

-- Links from the head of a page to the sections that the book names for it.
local function sections_of_head(root, pages)
  local links = {}
  for _, id in ipairs(manifest.head_sections) do
    if labels[id] then
      links[#links + 1] = { href = root .. pages[id] .. "#" .. id, title = html_inlines(labels[id].title) }
    end
  end
  -- An empty table is a map to Pandoc, which would show one link to nowhere.
  return #links > 0 and links or nil
end

local function shows_code(chapter)
  local found = false
  chapter.blocks:walk({ CodeBlock = function(code) found = found or code.classes:includes("cell-code") end })
  return found and manifest.code_fold
end

-- The first paragraph as plain text: whole sentences where they fit into what search engines
-- and cards show.
local MOST_OF_A_DESCRIPTION = 220

local function description(chapter)
  if chapter.description then return chapter.description end
  local first = chapter.blocks:find_if(function(block) return block.t == "Para" end)
  local text = first and stringify(first) or ""
  text = text:gsub(NBSP, " "):gsub("%s+", " ")
  if text == "" then return stringify(chapter.title) .. ". " .. manifest.title .. "." end
  if #text <= MOST_OF_A_DESCRIPTION then return text end
  local cut = text:sub(1, MOST_OF_A_DESCRIPTION)
  -- A sentence ends where a capital follows: "et al. 2022" is no end.
  return cut:match("^(.*%.) %u") or (cut:match("^(.*) ") .. " …")
end

-- Pandoc writes widths and alignments as styles of single elements. The pages' policy allows
-- none, so each becomes a class that the stylesheet has.
local STYLE_CLASSES = {
  ["text-align: left"] = "left", ["text-align: center"] = "center", ["text-align: right"] = "right",
}

local function class_of(declaration)
  local width = declaration:match("^width: ?(%d+)%.?0*%%$")
  -- What pads the cells of aligned equations only closes a gap.
  if declaration:match("^padding%-%a+: 0") then return "" end
  return width and ("w-" .. width) or STYLE_CLASSES[declaration]
end

local function styles_to_classes(html, chapter)
  return (html:gsub("<[^<>]- style=\"[^<>]*>", function(tag)
    local style = tag:match(' style="([^"]*)"')
    local classes = {}
    for declaration in style:gmatch("[^;]+") do
      declaration = declaration:match("^%s*(.-)%s*$")
      local class = declaration == "" and "" or class_of(declaration)
      if not class then
        problem(chapter, declaration, "the style “" .. declaration .. "” is not supported; expected a width or an alignment")
      elseif class ~= "" then
        classes[#classes + 1] = class
      end
    end
    local names = table.concat(classes, " ")
    tag = tag:gsub(' style="[^"]*"', "")
    if names == "" then return tag end
    if tag:find(' class="') then return (tag:gsub(' class="', ' class="' .. names .. " ", 1)) end
    return (tag:gsub("^<(%w+)", '<%1 class="' .. names .. '"', 1))
  end))
end

local terms = manifest.glossary and glossary.read_terms(manifest.glossary)

local function write_page(chapter, i, chapters, pages, template)
  local root = root_of(chapter.page)
  local title, plain = chapter.title, (stringify(chapter.title):gsub(NBSP, " "))
  local blocks = chapter.blocks
  if terms then blocks = glossary.abbreviate(blocks, terms) end
  blocks = html_links(notes_into_floats(html_blocks(chapter, blocks)), chapter, pages)
  -- The chapter's heading is the page's title, which the template sets.
  blocks = blocks:filter(function(block) return not (block.t == "Header" and block.level == 1) end)
  blocks:insert(download_line("Download this chapter", root, links_of_chapter(chapter)))
  local before, after = chapters[i - 1], chapters[i + 1]
  local variables = {
    root = root,
    section = sections_of_head(root, pages),
    code = shows_code(chapter) and "yes" or nil,
    page = chapter.page,
    canonical = manifest.site_url and escape(manifest.site_url .. (i == 1 and "" or chapter.page)),
    description = escape(description(chapter)),
    inbook = i > 1 and "yes" or nil,
    ["og-type"] = i == 1 and "website" or "article",
    part = chapter.part and escape(chapter.part),
    -- The first page stands for the whole.
    ["plain-title"] = escape(i == 1 and manifest.title or plain),
    pagetitle = escape(plain == manifest.title and plain or (plain .. " – " .. manifest.title)),
    ["title-id"] = chapter.id,
    title = chapter_name(chapter),
    chapters = contents_of_book(chapters, chapter),
    toc = contents_of_page(chapter),
    ["previous-page"] = before and (root .. before.page),
    ["previous-title"] = before and chapter_name(before),
    ["next-page"] = after and (root .. after.page),
    ["next-title"] = after and chapter_name(after),
  }
  for name, value in pairs(manifest.variables) do variables[name] = value end
  for name, value in pairs(i == 1 and manifest.first_page_variables or {}) do variables[name] = value end
  local html = pandoc.write(pandoc.Pandoc(blocks), "html5", {
    template = template, variables = variables, html_math_method = "mathml", wrap_text = "none",
  })
  local path = manifest.html_folder .. "/" .. chapter.page
  pandoc.system.make_directory(pandoc.path.directory(path), true)
  write_file(path, styles_to_classes(html, chapter))
end

-- Typst --------------------------------------------------------------------------------

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", " ") .. '"'
end

local function raw(text) return pandoc.RawBlock("typst", text) end

-- Without `smart`, quotes and dashes are those of the page; Typst would guess them anew from plain
-- ones, and takes an apostrophe after a digit for a prime. The template tells it not to guess.
local TYPST <const> = "typst-smart"

local function typst_of(inlines)
  return (pandoc.write(pandoc.Pandoc({ pandoc.Plain(inlines) }), TYPST, { wrap_text = "none" }):gsub("\n+$", ""))
end

-- A table's letters, in points, and in em of them the width between the margins, 16.6 cm. Those of a
-- table with more than so many columns are smaller.
local FEW <const>, MANY <const>, MANY_COLUMNS <const> = { points = 9, width = 52 }, { points = 8, width = 58.5 }, 6
local GUTTER <const> = 10 -- points between columns

-- The notes of a table become its foot: a part of it, wherever it goes.
local function notes_below_tables(blocks)
  return notes_to_tables(blocks, function(block) return block.t == "Table" end, function(tbl, notes)
    tbl.foot = pandoc.TableFoot({ pandoc.Row({ pandoc.Cell(notes.content, "AlignLeft", 1, #tbl.colspecs) }) })
  end)
end

-- In print a table whose first head has the class `groups` names each group once, in a row above
-- it. Pages and downloads keep the name in each row, to sort by it. Takes that column away
-- and returns its head and the names, "Class: monotherapy", by the number of the row that each
-- stands above; nil for a table without groups.
local function take_groups(tbl)
  local head_row = tbl.head.rows[1]
  local first = head_row and head_row.cells[1].contents[1]
  local mark = first and first.content[1]
  if not (mark and mark.t == "Span" and mark.classes:includes("groups")) or given_widths[tbl.identifier] then return nil end
  local head, rows = stringify(mark), tbl.bodies[1].body
  local names, last = {}, nil
  for i, row in ipairs(rows) do
    local name = stringify(row.cells[1].contents)
    if name ~= last then names[i], last = head .. ": " .. name, name end
  end
  local function without_first(row)
    row.cells:remove(1)
    return row
  end
  tbl.head.rows = tbl.head.rows:map(without_first)
  tbl.bodies[1].body = rows:map(without_first)
  tbl.colspecs:remove(1)
  return names
end

local function put_groups(tbl, names)
  local rows = pandoc.List({})
  for i, row in ipairs(tbl.bodies[1].body) do
    if names[i] then
      local name = pandoc.Plain({ pandoc.Strong(names[i]) })
      rows:insert(pandoc.Row({ pandoc.Cell({ name }, "AlignLeft", 1, #tbl.colspecs) }))
    end
    rows:insert(row)
  end
  tbl.bodies[1].body = rows
end

-- A row whose only text is its label, such as the heading of a group, has it over all columns.
local function span_labels(tbl)
  local function empty(cell) return text_of(cell) == "" end
  for _, row in ipairs(tbl.bodies[1].body) do
    local others = pandoc.List({ table.unpack(row.cells, 2) })
    if #others > 0 and not empty(row.cells[1]) and #(others:filter(empty)) == #others then
      row.cells[1].col_span = #row.cells
      row.cells = { row.cells[1] }
    end
  end
  return tbl
end

-- Long words of a table, such as names of columns and patterns, may break after their signs, and
-- addresses after points and hyphens too; Typst breaks none of them by itself, and they would run
-- into the next column.
local LONG_WORD, ADDRESS = 14, 22

local function breakable_words(tbl)
  return tbl:walk({
    Str = function(str)
      if #str.text <= LONG_WORD then return nil end
      str.text = str.text:gsub("([%w%]})?+*]*[_/|%]})=;,])([^%s%)])", "%1" .. BREAK .. "%2")
      if #str.text > ADDRESS then str.text = str.text:gsub("(%w[%.-])(%w)", "%1" .. BREAK .. "%2") end
      return str
    end,
  })
end

-- Half an em a letter; an image takes about as many lines as this.
local LETTER, IMAGE <const> = 0.5, 15

local function rows_of(tbl)
  local rows = pandoc.List(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do rows = rows .. body.head .. body.body end
  return rows
end

-- About how many lines blocks take in a cell of so many em.
local function lines_of_blocks(blocks, room)
  local lines = 0
  for _, block in ipairs(blocks) do
    if block.t == "BulletList" or block.t == "OrderedList" then
      for _, item in ipairs(block.content) do lines = lines + lines_of_blocks(item, room) end
    elseif block.t == "CodeBlock" then
      lines = lines + select(2, block.text:gsub("\n", "")) + 1
    else
      lines = lines + math.ceil(#stringify(block) * LETTER / room)
      block:walk({
        LineBreak = function() lines = lines + 1 end,
        Image = function() lines = lines + IMAGE end,
        Math = function(one) lines = lines + select(2, one.text:gsub("\\\\", "")) + 1 end,
      })
    end
  end
  return lines
end

-- About how many lines a row takes, in a table of so many em.
local function lines_of(row, tbl, width)
  local most, column = 1, 1
  for _, cell in ipairs(row.cells) do
    local room = 0
    for i = column, column + cell.col_span - 1 do
      local share = tbl.colspecs[i] and tbl.colspecs[i][2]
      room = room + (type(share) == "number" and share or 1 / #tbl.colspecs) * width
    end
    column = column + cell.col_span
    most = math.max(most, lines_of_blocks(cell.contents, room))
  end
  return most
end

-- A row stays on one page, and so do the rows that a cell reaches over, unless they may be longer
-- than a page: it has far more lines than that, so that none is missed.
local TALL <const> = 25

-- A table that takes less than about a third of a page stays on one; a longer one flows over. Typst
-- could measure it, which takes as much memory as laying out all tables once more. Heights in em.
local LONG, ROW, FURTHER_LINE <const> = 20, 1.55, 1.16

-- Let rows be divided that are too tall for a page, with those that their cells reach over, and a
-- cell that reaches over too many lines.
local function divide_tall(rows, lines)
  local function divide(cell) cell.attributes["typst:breakable"] = "true" end
  for i, row in ipairs(rows) do
    local tall = lines[i] > TALL
    for _, cell in ipairs(row.cells) do
      local reached = 0
      for j = i, math.min(i + cell.row_span - 1, #rows) do
        reached = reached + lines[j]
        if tall then rows[j].cells:map(divide) end
      end
      if reached > TALL then divide(cell) end
    end
  end
end

-- Make a tall head the first rows: it would leave no room for others on the pages where it stands.
local function put_tall_head_into_body(tbl, lines)
  local height = 0
  for i = 1, #tbl.head.rows do height = height + lines[i] end
  if height > TALL then tbl.bodies[1].body, tbl.head.rows = tbl.head.rows .. tbl.bodies[1].body, {} end
end

-- Let what is too tall for a page be divided, and return whether the table is long.
local function fit_to_pages(tbl, width)
  local rows = rows_of(tbl)
  local lines = (rows .. tbl.foot.rows):map(function(row) return lines_of(row, tbl, width) end)
  local height = 0
  for _, count in ipairs(lines) do height = height + ROW + (count - 1) * FURTHER_LINE end
  divide_tall(rows, lines)
  put_tall_head_into_body(tbl, lines)
  return height > LONG
end

-- Two words in brackets in the head of a table, such as (95% CI), stay on one line.
local SHORT_BRACKETS = 12

local function whole_brackets(tbl)
  for _, row in ipairs(tbl.head.rows) do
    row.cells = row.cells:map(function(cell)
      cell.contents = cell.contents:walk({
        Inlines = function(inlines)
          for i = #inlines - 2, 1, -1 do
            local first, space, last = inlines[i], inlines[i + 1], inlines[i + 2]
            local brackets = first.t == "Str" and space.t == "Space" and last.t == "Str" and first.text:match("^%(") and last.text:match("%)$")
            if brackets and #first.text + #last.text < SHORT_BRACKETS then
              inlines[i] = pandoc.Str(first.text .. NBSP .. last.text)
              inlines:remove(i + 2)
              inlines:remove(i + 1)
            end
          end
          return inlines
        end,
      })
      return cell
    end)
  end
  return tbl
end

-- Typst breaks a line after any hyphen; short words such as X-ray stay whole. Where long ones may
-- break stands an empty box and no character, which a search for the word would have to hold.
local SHORT_WORD = 9

local function set_breaks(inlines)
  return inlines:walk({
    Str = function(str)
      if #str.text <= SHORT_WORD and str.text:match("%w%-%w") then
        return pandoc.RawInline("typst", "#box[" .. typst_of({ str }) .. "]")
      end
      if not str.text:find(BREAK) then return nil end
      local parts = pandoc.Inlines({})
      for part in str.text:gsub(BREAK, "\0"):gmatch("[^\0]+") do
        if #parts > 0 then parts:insert(pandoc.RawInline("typst", "#box()")) end
        parts:insert(pandoc.Str(part))
      end
      return parts
    end,
  })
end

-- Pandoc leaves signs as they are which are code to Typst: a point after an element, such as a link,
-- calls a method; hyphens and points become dashes, minus signs, soft hyphens and dots.
local CODE = { "^()%.", "()%.%.", "()%-[-?]", "^()%-%d", "%W()%-%d" }

local function first_code(text, after_element)
  local first
  for i, pattern in ipairs(CODE) do
    local at = (i > 1 or after_element) and text:match(pattern)
    if at and (not first or at < first) then first = at end
  end
  return first
end

-- Nor does it see that brackets begin, in which these make a heading or a list.
local BEGINNINGS = { "^=+$", "^[-+/]$", "^%d+%.$" }

local function begins_block(text)
  for _, pattern in ipairs(BEGINNINGS) do
    if text:match(pattern) then return true end
  end
  return false
end

local function escape_code(inlines)
  local escaped = pandoc.Inlines({})
  for i, inline in ipairs(inlines) do
    local before = inlines[i - 1]
    local begins = i == 1 or (before.t == "RawInline" and before.text:match("%[$"))
    if begins and inline.t == "Str" and begins_block(inline.text) then
      inline = pandoc.RawInline("typst", "\\" .. inline.text)
    end
    local text, after_element = inline.t == "Str" and inline.text, before and before.t ~= "Str" and not before.t:match("Space$")
    local at = text and first_code(text, after_element)
    while at do
      if at > 1 then escaped:insert(pandoc.Str(text:sub(1, at - 1))) end
      escaped:insert(pandoc.RawInline("typst", "\\" .. text:sub(at, at)))
      text = text:sub(at + 1)
      at = first_code(text, false)
    end
    if not text then
      escaped:insert(inline)
    elseif text ~= "" then
      escaped:insert(pandoc.Str(text))
    end
  end
  return escaped
end

-- A paragraph that leads to what follows stays with it, and the last of a chapter, which may be one
-- line, does not stand on a page alone.
local TEXT = { BulletList = true, OrderedList = true, Para = true }
local LED_TO = { BulletList = true, CodeBlock = true, OrderedList = true, Table = true }

local function sticky(block) return pandoc.Blocks({ raw("#block(sticky: true)["), block, raw("]") }) end

local function keep_last(blocks)
  local before = blocks[#blocks - 1]
  if not (before and TEXT[before.t]) then return blocks end
  local kept = blocks:clone()
  kept:remove(#kept - 1)
  for i, block in ipairs(sticky(before)) do kept:insert(#blocks - 2 + i, block) end
  return kept
end

local function keep_leads(blocks)
  local kept = pandoc.Blocks({})
  for i, block in ipairs(blocks) do
    local after = blocks[i + 1]
    local leads = block.t == "Para" and after and LED_TO[after.t] and stringify(block):match(":$")
    if leads then
      kept:extend(sticky(block))
    else
      kept:insert(block)
    end
  end
  return kept
end

local function image_arguments(image)
  local width = image.attributes.width
  local size = width and (", width: " .. width) or ""
  return "(" .. typst_string(image.src) .. ", alt: " .. typst_string(image.attributes.alt) .. size .. ")"
end

-- An author's image that stands as a figure.
local function picture(image)
  if image.classes:includes(authored.PICTURE) then return pandoc.RawInline("typst", "#picture" .. image_arguments(image)) end
end

-- Typst knows no row without cells, as is left where those above reach over all its columns.
local function without_empty_rows(rows)
  for i = #rows, 1, -1 do
    if #rows[i].cells == 0 then
      rows:remove(i)
      for above = 1, i - 1 do
        for _, cell in ipairs(rows[above].cells) do
          if above + cell.row_span > i then cell.row_span = cell.row_span - 1 end
        end
      end
    end
  end
  return rows
end

-- The widths of a table's columns, and its form in print.
local function shaped_table(tbl)
  if #tbl.bodies == 0 then -- as of a frame without rows
    local none = pandoc.List({})
    tbl.bodies = pandoc.List({ { attr = pandoc.Attr(), body = none, head = none, row_head_columns = 0 } })
  end
  tbl.head.rows = without_empty_rows(tbl.head.rows)
  tbl.bodies = tbl.bodies:map(function(body)
    body.body = without_empty_rows(body.body)
    return body
  end)
  local groups = take_groups(tbl)
  tbl = whole_brackets(breakable_words(tbl))
  local simple = not has_spans(tbl)
  local letters, size = #tbl.colspecs > MANY_COLUMNS and MANY or FEW, 1
  if not given_widths[tbl.identifier] then
    local shares, fitting = column_widths(tbl, letters.width)
    for i, share in ipairs(shares) do tbl.colspecs[i][2] = share end
    size = fitting
  end
  local heads = #tbl.head.rows
  local long = fit_to_pages(tbl, letters.width)
  if simple then tbl = span_labels(tbl) end
  if groups then put_groups(tbl, groups) end
  local forms = pandoc.List({ "with-heads(" .. heads .. ")" })
  if letters == MANY or size < 1 then
    forms:insert(("small-letters(%.2fpt, %.2fpt)"):format(letters.points * size, GUTTER * size))
  end
  if long then forms:insert("long-table") end
  tbl.classes = forms
  return tbl
end

-- The rules of a table, the names of its groups and its notes are set as Pandoc does not: in the
-- Typst of the table, in which a comment marks its rows.
local MARK <const> = "/*\u{e000}*/"

local function mark_rows(tbl)
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.head .. body.body) do
      local first = row.cells[1]
      -- The space of a cell is that of its lines.
      local empty = #row.cells:filter(function(cell) return #cell.contents > 0 end) == 0
      local mark = pandoc.RawInline("typst", MARK .. (empty and "#v(2 * space)" or ""))
      if first then first.contents:insert(1, pandoc.Plain({ mark })) end
    end
  end
end

-- A rule between two rows, and one of its own below the head. Rules of cells would end at the space
-- between columns.
local function rules_between_rows(typst)
  local seen = 0
  typst = typst:gsub("\n( *)([^\n%[]*%[)" .. MARK:gsub("%*", "%%*") .. "%s*", function(indent, cell)
    seen = seen + 1
    return "\n" .. indent .. (seen > 1 and "table.hline(),\n" .. indent or "") .. cell
  end)
  return (typst:gsub("(\n *table%.header%(.-,)%),\n *table%.hline%(%),", "%1 head-rule),", 1))
end

-- The name of a group stays with the first of its rows, and stands again over those on the next page.
local function groups_to_heads(typst)
  local row = "\n( *)(table%.cell%([^\n]*colspan: %d+[^\n]*%)%[#strong%[[^\n]*%]%]),"
  return (typst:gsub(row, "\n%1table.header(level: 2, %2),"))
end

-- The notes of a table go below it, so that they follow on the next page without its head.
local function notes_after_rows(typst)
  local foot = "\n( *table%.hline%(%),)\n *table%.footer%(table%.cell%([^\n]-%)%[(.-)%],%),(\n *%))%]\n  , caption"
  local set, found = typst:gsub(foot, "\n%1%3\n#table-notes[%2]]\n  , caption")
  if found > 0 then return set end
  return (typst:gsub("\n( *%)%]\n  , )", "\n    table.hline(),\n%1", 1))
end

local function typst_of_table(tbl)
  local forms = tbl.classes -- each a call of a function of parts.typ
  mark_rows(tbl)
  local typst = pandoc.write(pandoc.Pandoc({ tbl }), TYPST, { wrap_text = "none" })
  -- Columns share what the space between them leaves.
  typst = typst:gsub("\n *columns: %b()", function(widths) return (widths:gsub("%%", "fr")) end, 1)
  typst = notes_after_rows(groups_to_heads(rules_between_rows(typst)))
  for _, form in ipairs(forms) do typst = "#" .. form .. "[\n" .. typst .. "\n]" end
  return raw(typst)
end

local function typst_blocks(chapter)
  -- Tables by themselves, since the next walk passes over what stands right below a callout.
  local shaped = keep_last(notes_below_tables(chapter.blocks)):walk({ Table = shaped_table })
  local blocks = shaped:walk({
    traverse = "topdown",
    Blocks = keep_leads,
    Header = function(header)
      local number = header.level == 1 and chapter.number or header.attributes["data-number"]
      if number then
        header.content = pandoc.Inlines({ pandoc.Str(number), pandoc.Str(NBSP .. NBSP) }) .. header.content
      end
      header.classes, header.attributes = { "unnumbered" }, {}
      return header
    end,
    Div = function(div)
      if div.classes:includes("tab") then
        div.content[1] = pandoc.Para({ pandoc.Strong(div.content[1].content[1].content) })
        local title = sticky(div.content[1])
        div.content:remove(1)
        return title .. div.content
      end
      if authored.callout_kind(div) then
        local function code(text) return pandoc.RawInline("typst", text) end
        local title = div.content[1].content[1].content
        title:insert(1, code("#callout(["))
        title:insert(code("])["))
        div.content[1] = pandoc.Plain(title)
        return div.content .. pandoc.Blocks({ raw("]") })
      end
    end,
    CodeBlock = function(code)
      -- Code is for the page and the notebook; the PDF holds what it computed.
      if code.classes:includes("cell-code") then return {} end
    end,
    Figure = function(figure)
      -- Typst has a figure that floats stand where it left the text. What leads to a figure
      -- leads to this mark within it.
      local mark = pandoc.RawInline("typst", "#metadata(none) <at-" .. figure.identifier .. ">")
      if figure.identifier ~= "" then figure.content:insert(1, pandoc.Plain({ mark })) end
      figure.content = figure.content:walk({ Image = picture })
      return figure
    end,
    Image = function(image)
      if image.classes:includes(authored.PICTURE) then
        return pandoc.RawInline("typst", "#box(image" .. image_arguments(image) .. ")")
      end
      -- Pandoc leaves the alternative text behind on the way to Typst.
      local alt = image.attributes.alt or stringify(image.caption)
      local arguments = { typst_string(image.src), "alt: " .. typst_string(alt) }
      if image.classes:includes("cell-picture") then arguments[#arguments + 1] = "enlarge: false" end
      return pandoc.RawInline("typst", "#drawing(" .. table.concat(arguments, ", ") .. ")")
    end,
  })
  -- A walk of its own, since it makes signs of text.
  return blocks:walk({
    Para = function(para) para.content = set_breaks(para.content) return para end,
    Plain = function(plain) plain.content = set_breaks(plain.content) return plain end,
    Math = function(math)
      -- Typst asks for words beside every equation; its TeX is what can be read aloud.
      local tex = math.text:gsub("\\qquad(%b())$", "%1"):gsub("%s+", " "):gsub("^ ", "")
      local alt = typst_string(tex)
      return pandoc.RawInline("typst", "#[#set math.equation(alt: " .. alt .. "); " .. typst_of({ math }) .. "]")
    end,
    Link = function(link)
      local figure = link.target:match("^#(fig%-.+)$")
      if figure then
        link.target = "#at-" .. figure
        return link
      end
      local other, id = linked_chapter(chapter, link.target)
      if not other then return nil end
      link.target = "#" .. (id ~= "" and id or other.id)
      return link
    end,
    Span = function(span)
      -- An anchor has nothing to show, and Typst has no label for nothing.
      if span.identifier ~= "" and #span.content == 0 then
        return pandoc.RawInline("typst", "#metadata(none) <" .. span.identifier .. ">")
      end
    end,
  }):walk({ Inlines = escape_code }):walk({ Table = typst_of_table })
end

local function typst_of_chapter(chapter)
  return pandoc.write(pandoc.Pandoc(typst_blocks(chapter)), TYPST, { wrap_text = "none" })
end

-- Free the memory of a chapter that is written.
local function release(chapter)
  chapter.blocks = nil
  collectgarbage()
end

-- Each chapter in a file of its own: what Typst remembers of one that has not changed, it can use
-- again only if nothing else in its file has changed either.
local function write_typst(chapters)
  local bodies, part = {}, nil
  for _, chapter in ipairs(chapters) do
    local new_part = chapter.part ~= part and chapter.part
    part = chapter.part
    bodies[#bodies + 1] = "#open-chapter(part: " .. (new_part and typst_string(new_part) or "none") .. ")"
    bodies[#bodies + 1] = "#include " .. typst_string(chapter.typst)
    if chapter.read then
      local made = { typst = typst_of_chapter(chapter), pictures = chapter.pictures }
      write_file(chapter.typst_json, pandoc.json.encode(made))
      release(chapter)
    end
    local made = pandoc.json.decode(read_file(chapter.typst_json), false)
    chapter.pictures = made.pictures
    -- The comment is how an error of Typst finds its chapter; see pdf.py.
    local head = { "// chapter: " .. chapter.file, '#import "' .. manifest.typst_parts .. '": *' }
    write_file(manifest.typst_folder .. "/" .. chapter.typst, table.concat(head, "\n") .. "\n\n" .. made.typst)
  end
  local typst = pandoc.write(pandoc.Pandoc({ raw(table.concat(bodies, "\n\n")) }), TYPST, {
    template = pandoc.template.compile(read_file(asset(manifest.typst_name))),
    wrap_text = "none",
  })
  write_file(manifest.typst_folder .. "/" .. manifest.typst_name, typst)
end

-- Summary for later runs ----------------------------------------------------------------

-- Inlines as a text that JSON can hold, and back.
local function to_json(inlines)
  return inlines and pandoc.write(pandoc.Pandoc({ pandoc.Plain(inlines) }), "json")
end

local function from_json(text)
  return text and pandoc.read(text, "json").blocks[1].content
end

-- All that a page can take from other chapters than its own: their numbers, titles, labels and
-- anchors, and what they cite, which decides how works are cited in the rest of the book.
local function write_summary(chapters)
  local summary = {}
  for _, chapter in ipairs(chapters) do
    summary[chapter.file] = {
      number = chapter.number, id = chapter.id, title = to_json(chapter.title),
      ids = chapter.ids, cites = to_json(chapter.cites), labels = {},
    }
  end
  for id, label in pairs(labels) do
    local known = { id = id, kind = label.kind, number = label.number, title = to_json(label.title), text = stringify(reference_text(label)) }
    table.insert(summary[label.chapter.file].labels, known)
  end
  write_file(manifest.summary, pandoc.json.encode(summary))
end

local function recall(chapter, known)
  chapter.number, chapter.id, chapter.title = known.number, known.id, from_json(known.title)
  for _, label in ipairs(known.labels) do
    register(chapter, label.id, label.kind, label.number, from_json(label.title))
  end
  chapter.blocks = pandoc.Blocks({ pandoc.Plain(from_json(known.cites)) })
  chapter.ids = known.ids
end

-- Formulas ------------------------------------------------------------------------------

-- A page would show the TeX of a formula that Pandoc cannot convert.
local function check_formulas(chapter)
  chapter.blocks:walk({
    Math = function(math)
      local alone = pandoc.Pandoc({ pandoc.Plain({ math }) })
      local messages = pandoc.log.silence(pandoc.write, alone, "html", { html_math_method = "mathml" })
      if #messages > 0 then
        local first = math.text:match("[^\n]+")
        problem(chapter, first, "the formula " .. first .. " is not TeX that Pandoc can show; check its braces and commands")
      end
    end,
  })
end

-- A chapter has one title, which its page, its number and its links in the contents are of.
local function check_titles(chapter)
  pandoc.Blocks({ table.unpack(chapter.blocks, 2) }):walk({
    Header = function(header)
      if header.level == 1 then
        local title, label = stringify(header), header.identifier
        local key = label:match("^sec%-") and "#" .. label or title
        problem(chapter, key, "a chapter has one heading of level 1, its title; expected `## " .. title .. "`, or a chapter of its own")
      end
    end,
  })
end

-- Main ---------------------------------------------------------------------------------

local function main()
  local chapters = manifest.chapters
  local summary = manifest.known and pandoc.json.decode(read_file(manifest.known), false)
  local count = 0
  local known = { endings = {}, files = {} }
  for _, ending in ipairs(manifest.image_endings) do known.endings[ending] = true end
  for _, file in ipairs(manifest.images) do known.files[file] = true end
  for _, chapter in ipairs(chapters) do
    if chapter.read then
      local read = pandoc.read(read_file(chapter.markdown), "markdown")
      -- Quarto would take it for options of the page, such as what its head holds.
      local option = next(read.meta)
      if option then
        problem(chapter, option .. ":", "a YAML block in the text is not supported; put its options into _quarto.yml")
      end
      local blocks = read.blocks:walk({ RawBlock = function(block) return read_cell_html(block, chapter) end })
      chapter.blocks = authored.read(chapter, blocks, known, function(key, message) problem(chapter, key, message) end)
      local first = chapter.blocks[1]
      if not first or first.t ~= "Header" then
        problem(chapter, nil, "the heading holds what is no text; expected `# Title {#sec-slug}`")
      elseif not first.classes:includes("unnumbered") then
        count = count + 1
        chapter.number = tostring(count)
      end
      check_titles(chapter)
      number_chapter(chapter)
      check_formulas(chapter)
      collectgarbage() -- Lua knows little of the memory behind its objects
    else
      recall(chapter, summary[chapter.file])
      count = chapter.number and count + 1 or count
    end
  end
  for _, chapter in ipairs(chapters) do resolve_references(chapter) end
  cite(chapters)
  local pages = collect_ids(chapters)
  check_links(chapters, pages)
  if #problems == 0 then
    if manifest.html_folder then
      local template = pandoc.template.compile(read_file(asset("page.html")))
      for i, chapter in ipairs(chapters) do
        if chapter.write then write_page(chapter, i, chapters, pages, template) end
        release(chapter)
      end
    end
    if manifest.typst_folder then write_typst(chapters) end
    if manifest.summary then write_summary(chapters) end
  end
  local pictures, judged = {}, {}
  for _, chapter in ipairs(chapters) do
    for _, path in ipairs(chapter.pictures or {}) do pictures[#pictures + 1] = path end
    judged[#judged + 1] = { file = chapter.file, found = chapter.judged or {} }
  end
  local report = { problems = problems, captions = figure_captions, pictures = pictures, judged = judged }
  write_file(manifest.report, pandoc.json.encode(report))
end

main()
