-- Options: type, length, value.

local tables = {}

local function preference(entry)
  return entry.preference and dmm.prefs[entry.preference] or entry.number
end

-- The classes by family and number, as the preferences have the numbers.
local function build_tables()
  for family, entries in pairs(FAMILIES) do
    local by_number = {}
    for _, entry in ipairs(entries) do
      local number = preference(entry)
      by_number[number] = by_number[number]
        or { wireshark = entry.wireshark, private = entry.preference ~= nil }
      table.insert(by_number[number], CLASSES[entry.key])
    end
    tables[family] = by_number
  end
end

-- Of classes that share a number: the one that the selector names, or the longest that fits.
local function choose(classes, tvb, at, stop)
  local longest
  for _, class in ipairs(classes or {}) do
    local selector = class.selector
    if selector then
      local size = math.min(selector.bits / 8, stop - at)
      if size > 0 and tvb(at, size):uint() == selector.value then return class end
    elseif class.fixed <= stop - at and (not longest or class.fixed > longest.fixed) then
      longest = class
    elseif not longest then
      longest = class
    end
  end
  return longest
end

local function known_to_wireshark(family, kind)
  if family == "nd" then return "option of Neighbor Discovery" end
  if family ~= "mobility" then return nil end
  local found, options = pcall(DissectorTable.get, "mip6.option")
  return found and options:get_dissector(kind)
end

local function read_unknown(family, kind, tvb, at, after, tree)
  local item = tree:add(shared.unknown, tvb(at, after - at))
  item:add(shared.option, tvb(at, 1))
  local known = known_to_wireshark(family, kind)
  if known then
    item:append_text(" (" .. tostring(known) .. ", which Wireshark knows)")
  else
    item:add_proto_expert_info(notes.undissected, "no option of type " .. kind .. " is known")
  end
end

local function read_option(family, kind, tvb, at, after, tree, state)
  local class = choose(tables[family][kind], tvb, at + 2, after)
  if not class or class.lengths and not fits(class, after - at - 2) then
    return read_unknown(family, kind, tvb, at, after, tree)
  end
  local place = #state.options + 1
  state.options[place] = "" -- before what its sub-options say
  local text, _, words = read_class(class, tvb, at + 2, after, tree, state, 2)
  state.options[place] = text
  if words and class.key:find("identifier$") and words.identifier and text:find("^MN ") then
    table.insert(state.nodes, words.identifier)
  end
  if words and words.prefix then table.insert(state.prefixes, words.prefix) end
end

-- Where the option at `at` ends, or nil where it does not end before `stop`.
local function end_of_option(family, kind, tvb, at, stop)
  if at + 1 >= stop then return nil end
  local size = tvb(at + 1, 1):uint()
  local after = at + 2 + size
  local wide = family == "mobility" and dmm.prefs.wide_flows
    and kind == dmm.prefs.number_early_flow_identification
  if family == "nd" or wide then after = at + 8 * size end
  if after > stop or after < at + 2 then return nil end
  return after
end

function read_options(family, tvb, at, stop, tree, state)
  while at < stop do
    local kind = tvb(at, 1):uint()
    local pads = family ~= "nd" and kind <= 1
    local after = pads and kind == 0 and at + 1 or end_of_option(family, kind, tvb, at, stop)
    if not after then return report(state, tree, "option " .. kind .. " runs past the end") end
    if pads then
      tree:add(shared.padding, tvb(at, after - at))
    else
      read_option(family, kind, tvb, at, after, tree, state)
    end
    at = after
  end
end
