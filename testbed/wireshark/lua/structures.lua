-- Declared structures: the fixed fields, then what fills the rest.

local read_options, read_class

local function fits(class, size)
  if class.lengths then
    for _, length in ipairs(class.lengths) do
      if length == size then return true end
    end
    return false
  end
  return size == class.fixed or class.open and size > class.fixed
end

local function read_records(class, tvb, at, stop, tree, state)
  local texts = {}
  while at + class.fixed <= stop do
    texts[#texts + 1] = read_class(class, tvb, at, at + class.fixed, tree, state)
    at = at + class.fixed
  end
  return table.concat(texts, ", "), at
end

local function read_elements(field, size, tvb, at, stop, tree)
  local texts = {}
  while at + size <= stop do
    local range = tvb(at, size)
    tree:add(field.declared, range)
    texts[#texts + 1] = size == 2 and string.format("%.0f", range:uint()) or tostring(range:ipv6())
    at = at + size
  end
  return table.concat(texts, ", "), at
end

-- The last field, which ends where its structure does.
local function read_rest(field, tvb, at, stop, tree, state, words)
  if field.kind == "octets" then
    if stop > at then read_octets(field, tvb(at, stop - at), tree, words) end
    return
  end
  local after = stop
  if field.kind == "records" then
    words[field.path], after = read_records(CLASSES[field.of], tvb, at, stop, tree, state)
  elseif field.kind == "options" then
    read_options(field.of, tvb, at, stop, tree, state)
  else
    local size = field.kind == "numbers" and 2 or 16
    words[field.path], after = read_elements(field, size, tvb, at, stop, tree)
  end
  if after ~= stop then report(state, tree, "ends within an element") end
end

-- Fields that are there only if their flag is set, one after the other.
local function read_present(class, tvb, at, stop, tree, state, words, values)
  for _, field in ipairs(class.fields) do
    if field.kind == "present" and has(values.flags, field.of) then
      if at + field.octets > stop then
        return report(state, tree, "its flags need more octets than there are")
      end
      read_fixed(field, tvb(at, field.octets), tree, words, values)
      at = at + field.octets
    end
  end
  if at ~= stop then report(state, tree, "its flags need fewer octets than there are") end
end

-- Read the structure in [at, stop) into `tree`; return its summary and the values of its fields.
local function read_fields(class, tvb, at, stop, tree, state)
  local words, values = {}, {}
  local optional = false
  for _, field in ipairs(class.fields) do
    if field.kind == "present" then
      optional = true
    elseif field.bits == 0 then
      read_rest(field, tvb, at + class.fixed, stop, tree, state, words)
    else
      read_fixed(field, tvb(at + field.first, field.octets), tree, words, values)
      read_prefix(field, words, values)
    end
  end
  if optional then read_present(class, tvb, at + class.fixed, stop, tree, state, words, values) end
  return fill(class.summary, words), values, words
end

-- `header` octets before `at` are a type and a length, or none.
function read_class(class, tvb, at, stop, tree, state, header)
  local start = at - (header or 0)
  local node = tree:add(class.node, tvb(start, stop - start))
  if header then
    node:add(shared.option, tvb(start, 1))
    node:add(shared.option_length, tvb(start + 1, 1))
  end
  if stop - at < class.fixed then
    report(state, node, class.title .. " of " .. (stop - at) .. " octets")
    return ""
  end
  if not fits(class, stop - at) then
    report(state, node, class.title .. " of " .. (stop - at) .. " octets")
  end
  local text, values, words = read_fields(class, tvb, at, stop, node, state)
  if text ~= "" then node:append_text(": " .. text) end
  state.seen[class.key] = true
  return text, values, words
end
