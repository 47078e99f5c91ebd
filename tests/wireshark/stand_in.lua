-- The functions of Wireshark that the plugin calls, for any interpreter of Lua: prints what each
-- packet is said to be. Arguments: the plugin, then payloads as "protocol:octets in hexadecimal".

local function object(class, fields) return setmetatable(fields or {}, class) end
local function whole(number)
  assert(type(number) == "number" and number == math.floor(number), "no whole number")
  return number
end

local Range, Bytes = {}, {}
Range.__index, Bytes.__index = Range, Bytes
Range.__call = function(self, at, size) return self:range(at, size) end
function Range:range(at, size)
  local first, length = whole(at or 0), whole(size or self:len() - (at or 0))
  assert(first >= 0 and length >= 0 and first + length <= self:len(), "out of the packet")
  return object(Range, { octets = self.octets:sub(first + 1, first + length) })
end
function Range:len() return #self.octets end
Range.reported_len = Range.len
function Range:uint()
  assert(self:len() >= 1 and self:len() <= 4, "no number of 1 to 4 octets")
  return self:bitfield(0, 8 * self:len())
end
function Range:bitfield(position, bits)
  local value = 0
  for bit = whole(position), position + whole(bits) - 1 do
    local octet = self.octets:byte(math.floor(bit / 8) + 1)
    value = value * 2 + math.floor(octet / 2 ^ (7 - bit % 8)) % 2
  end
  if bits > 32 then return { tonumber = function() return value end } end
  return math.tointeger and math.tointeger(value) or value
end
function Range:string() return self.octets end
function Range:bytes() return object(Bytes, { octets = self.octets }) end
function Range:ipv6()
  assert(self:len() == 16, "no address")
  return (self.octets:gsub(".", function(octet) return ("%02x"):format(octet:byte()) end))
end
function Bytes:len() return #self.octets end
function Bytes:get_index(index) return self.octets:byte(whole(index) + 1) end
Bytes.__tostring = function(self)
  return (self.octets:gsub(".", function(octet) return ("%02X"):format(octet:byte()) end))
end

local shown
local Item = {}
Item.__index = Item
function Item:add(what, range)
  if what.abbreviation then shown[#shown + 1] = what.abbreviation end
  return object(Item)
end
function Item:append_text(text) assert(type(text) == "string") return self end
function Item:set_generated() return self end
function Item:add_proto_expert_info(note) shown[#shown + 1] = "!" .. note.abbreviation return self end

local function field(abbreviation) return { abbreviation = abbreviation } end
ProtoField = setmetatable({}, { __index = function() return field end })
ProtoExpert = { new = field }
local anything = setmetatable({}, { __index = function() return 0 end })
base, expert = anything, { group = anything, severity = anything }
function Proto() return { prefs = {} } end
Pref = setmetatable({}, { __index = function() return function(_, default) return default end end })
function set_plugin_info() end
Field = { new = function() return function() end end }

local dissectors = {}
local protocols = {
  get_dissector = function() return { call = function() end } end,
  add = function(_, number, proto) dissectors[number] = proto end,
}
DissectorTable = { get = function(name) assert(name == "ip.proto", "no such table") return protocols end }

dofile(arg[1])
for i = 2, #arg do
  local protocol, digits = arg[i]:match("^(%d+):(%x*)$")
  local octets = digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
  local columns = {}
  shown = {}
  dissectors[tonumber(protocol)].dissector(object(Range, { octets = octets }), { cols = columns }, object(Item))
  print((columns.info or "") .. "\t" .. table.concat(shown, " "))
end
