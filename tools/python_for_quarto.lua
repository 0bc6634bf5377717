-- Stops a Quarto render at its beginning if the Python that is to execute the chapters is missing.
-- Quarto's own message would advise to install Jupyter alone, which is not enough.
local python = os.getenv("QUARTO_PYTHON") or ""
local file = python:find("/") and io.open(python)
if python:find("/") and not file then
  io.stderr:write(python .. " does not exist; run `make report` first, which makes it, or set QUARTO_PYTHON to a Python that has the packages of requirements.lock\n")
  os.exit(1)
end
