-- Counts, in one run of tshark, which packets satisfy each of many display filters:
-- those in the file that the environment names in FILTERS, one a line. It prints the
-- line's number, a tab and the packets; "invalid" for what tshark does not take.
local sets = {}
local n = 0
for line in io.lines(os.getenv("FILTERS")) do
  n = n + 1
  local i = n
  local ok, listener = pcall(Listener.new, "frame", line)
  if not ok then
    io.stdout:write(i, "\tinvalid\n")
  else
    sets[i] = {}
    listener.packet = function(packet) table.insert(sets[i], packet.number) end
    listener.reset = function() sets[i] = {} end
    listener.draw = function() io.stdout:write(i, "\t", table.concat(sets[i], " "), "\n") end
  end
end
