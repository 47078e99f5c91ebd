-- Fields to tree items and to words.

-- What is met on the way through one message, and what its Info column will say.
local function new_state(cut)
  return { cut = cut, options = {}, seen = {}, nodes = {}, prefixes = {} }
end

local function report(state, item, text)
  item:add_proto_expert_info(state.cut and notes.cut or notes.malformed, text)
end

local function has(value, mask)
  local bit = 1
  while bit <= mask do
    if math.floor(mask / bit) % 2 == 1 and math.floor(value / bit) % 2 == 0 then return false end
    bit = bit * 2
  end
  return mask > 0
end

local function printable(range)
  local bytes = range:bytes()
  local stop = bytes:len()
  while stop > 0 and bytes:get_index(stop - 1) == 0 do stop = stop - 1 end
  if stop == 0 then return nil end
  for i = 0, stop - 1 do
    local octet = bytes:get_index(i)
    if octet < 32 or octet > 126 then return nil end
  end
  return range:range(0, stop):string()
end

local function octets_in_words(range)
  if range:len() == 16 then return tostring(range:ipv6()) end
  local text = printable(range)
  if text then return text end
  local hexadecimal = tostring(range:bytes()):lower()
  if range:len() ~= 6 then return hexadecimal end
  return (hexadecimal:gsub("(%x%x)", ":%1"):sub(2))
end

-- "2^-16" of s, or "4" of s, as one number.
local function factor_of(text)
  local number, exponent = text:match("^(%d+)%^(-?%d+)$")
  return number and tonumber(number) ^ tonumber(exponent) or tonumber(text)
end

local function number_in_words(field, value)
  local name = VALUES[field.values] and VALUES[field.values][value]
  if name then return name end
  if field.factor then
    return string.format("%.16g %s", value * factor_of(field.factor), field.unit)
  end
  local text = string.format("%.0f", value)
  return field.unit and text .. " " .. field.unit or text
end

local function read_number(field, range, tree, words, values)
  local value = range:bitfield(field.bit, field.bits)
  if type(value) ~= "number" then value = value:tonumber() end
  local item = tree:add(field.declared, range)
  if field.factor or field.unit then
    item:append_text(" (" .. number_in_words(field, value) .. ")")
  end
  for _, flag in ipairs(field.flags or {}) do item:add(flag, range) end
  values[field.path], words[field.path] = value, number_in_words(field, value)
end

local function read_octets(field, range, tree, words)
  local text = octets_in_words(range)
  local item = tree:add(field.declared, range)
  if printable(range) or range:len() == 16 then item:append_text(" (" .. text .. ")") end
  words[field.path] = text
end

local function read_prefix(field, words, values)
  local name = field.path:match("^(.*)%.network$")
  local length = name and values[name .. ".length"]
  if length then words[name] = string.format("%s/%d", words[field.path], length) end
end

-- A field at a place that is known; the octets are there.
local function read_fixed(field, range, tree, words, values)
  if field.kind == "address" or field.kind == "present" and field.octets == 16 then
    tree:add(field.declared, range)
    words[field.path] = tostring(range:ipv6())
    values[field.path] = words[field.path]
  elseif field.kind == "octets" then
    read_octets(field, range, tree, words)
  else
    read_number(field, range, tree, words, values)
  end
end

-- Fill in "{field}"; a part in brackets falls away where one of its fields is empty or zero.
local function fill(template, words)
  local text = template:gsub("%[(.-)%]", function(part)
    for path in part:gmatch("{(.-)}") do
      local word = words[path]
      if not word or word == "" or word == "0" then return "" end
    end
    return part
  end)
  text = text:gsub("{(.-)}", function(path) return words[path] or "" end)
  return (text:gsub("%s+$", ""))
end
