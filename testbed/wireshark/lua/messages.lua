-- Whole messages: the header, the body, and what the columns say.

local function add_checksum(item, range, at, protocol, pinfo, state)
  local field = item:add(shared.checksum, range(at, 2))
  if state.cut or pinfo.in_error_pkt then return end
  local right = checksum_right(range, protocol)
  if right == nil then return end
  item:add(shared.correct, range(at, 2), right):set_generated()
  if not right then field:add_proto_expert_info(notes.checksum) end
end

local function add_shared(item, body, name, flags, values, words, state)
  item:add(shared.message, body, name):set_generated()
  if values.sequence then
    item:add(shared.sequence, body, values.sequence):set_generated()
  end
  if values.status then
    item:add(shared.status, body, values.status):set_generated()
    local named = item:add(shared.status_name, body, words.status):set_generated()
    if values.status >= 128 then named:add_proto_expert_info(notes.refused, words.status) end
  end
  for _, letter in ipairs({ "q", "d", "e" }) do
    if flags[letter] ~= nil then
      item:add(shared["flag_" .. letter], body, flags[letter]):set_generated()
    end
  end
  for _, node in ipairs(state.nodes) do item:add(shared.node, body, node):set_generated() end
  for _, prefix in ipairs(state.prefixes) do
    item:add(shared.prefix, body, prefix):set_generated()
  end
end

local function describe(item, title, summary, state)
  local parts = { title }
  if summary ~= "" then parts[#parts + 1] = summary end
  for _, option in ipairs(state.options) do
    if option ~= "" then parts[#parts + 1] = option end
  end
  local text = table.concat(parts, ", ")
  item:append_text(": " .. text)
  return text
end

-- Read the body of a message; return what the Info column says and the message's name.
local function read_message(class, tvb, at, stop, item, state)
  local summary, values, words = read_class(class, tvb, at, stop, item, state)
  local name, flags = name_of(class, values, state)
  add_shared(item, tvb(at, stop - at), name, flags, values or {}, words or {}, state)
  return describe(item, title_of(class, name), summary, state), name
end

local function read_unknown_message(tvb, at, stop, item, kind)
  item:add(shared.body, tvb(at, stop - at))
    :add_proto_expert_info(notes.undissected, "no message of type " .. kind .. " is known")
  return "Unknown message of type " .. kind, nil
end

local function set_columns(pinfo, text, name)
  pinfo.cols.protocol = PROTOCOLS[name] or PROTOCOLS.other
  pinfo.cols.info = text
end

local function read_mobility(tvb, pinfo, tree)
  local kind, size = tvb(2, 1):uint(), 8 * tvb(1, 1):uint() + 8
  local there = math.min(size, tvb:len())
  local cut = there < size and (pinfo.in_error_pkt or tvb:reported_len() >= size)
  local state, range = new_state(cut), tvb(0, there)
  local item = tree:add(dmm, range)
  item:add(shared.payload, tvb(0, 1))
  item:add(shared.length, tvb(1, 1)):append_text(" (" .. size .. " octets)")
  item:add(shared.type, tvb(2, 1))
  item:add(shared.reserved, tvb(3, 1))
  add_checksum(item, range, 4, 135, pinfo, state)
  if there < size then report(state, item, size .. " octets, of which " .. there .. " are here") end
  local class = choose(tables["mobility header"][kind], tvb, 6, there)
  local read = class and read_message or read_unknown_message
  local text, name = read(class or tvb, class and tvb or 6, class and 6 or there,
    class and there or item, class and item or kind, state)
  set_columns(pinfo, text, name)
end

local function read_icmpv6(tvb, pinfo, tree, classes)
  local stop = tvb:len()
  local state = new_state(pinfo.in_error_pkt or stop < tvb:reported_len())
  local item = tree:add(dmm, tvb())
  item:add(shared.type, tvb(0, 1))
  item:add(shared.code, tvb(1, 1))
  add_checksum(item, tvb(), 2, 58, pinfo, state)
  local class = choose(classes, tvb, 4, stop)
  set_columns(pinfo, read_message(class, tvb, 4, stop, item, state))
end

-- Whether an option that `at` or a later octet starts has a private number.
local function holds_private_option(tvb, at)
  while at + 2 <= tvb:len() do
    local classes = tables.nd[tvb(at, 1):uint()]
    if classes and classes.private then return true end
    local size = 8 * tvb(at + 1, 1):uint()
    if size == 0 then return false end
    at = at + size
  end
  return false
end
