-- The fields that filters can name: one per declared field, and a few that all messages share.

local dmm = Proto("dmm", "DMM testbed")

local fields = {}
local CONSTRUCTORS = {
  [1] = ProtoField.uint8, [2] = ProtoField.uint16, [3] = ProtoField.uint24,
  [4] = ProtoField.uint32, [8] = ProtoField.uint64,
}

local function register(field)
  fields[#fields + 1] = field
  return field
end

local shared = {
  message = register(ProtoField.string("dmm.message", "Message", base.ASCII, "as results call it")),
  type = register(ProtoField.uint8("dmm.type", "Type", base.DEC)),
  code = register(ProtoField.uint8("dmm.code", "Code", base.DEC)),
  payload = register(ProtoField.uint8("dmm.payload_protocol", "Payload protocol", base.DEC)),
  length = register(ProtoField.uint8("dmm.header_length", "Header length", base.DEC)),
  reserved = register(ProtoField.uint8("dmm.header_reserved", "Reserved", base.DEC)),
  checksum = register(ProtoField.uint16("dmm.checksum", "Checksum", base.HEX)),
  correct = register(ProtoField.bool("dmm.checksum_correct", "Checksum correct")),
  sequence = register(ProtoField.uint16("dmm.sequence", "Sequence", base.DEC)),
  status = register(ProtoField.uint8("dmm.status", "Status", base.DEC)),
  status_name = register(ProtoField.string("dmm.status_name", "Status name")),
  node = register(ProtoField.string("dmm.node", "Mobile node")),
  prefix = register(ProtoField.string("dmm.prefix", "Prefix")),
  flag_q = register(ProtoField.bool("dmm.flag.q", "Q: query (draft-jikim-dmm-pmip)")),
  flag_d = register(ProtoField.bool("dmm.flag.d", "D: distributed (draft-ma-dmm-romip)")),
  flag_e = register(ProtoField.bool("dmm.flag.e", "E: to the far side (draft-ma-dmm-romip)")),
  option = register(ProtoField.uint8("dmm.option_type", "Option type", base.DEC)),
  option_length = register(ProtoField.uint8("dmm.option_length", "Option length", base.DEC)),
  padding = register(ProtoField.bytes("dmm.padding", "Padding")),
  unknown = register(ProtoField.bytes("dmm.unknown_option", "Unknown option")),
  body = register(ProtoField.bytes("dmm.unknown_message", "Unknown message")),
}

local notes = {
  malformed = ProtoExpert.new("dmm.malformed", "Malformed", expert.group.MALFORMED,
    expert.severity.ERROR),
  cut = ProtoExpert.new("dmm.cut", "Cut off", expert.group.UNDECODED, expert.severity.NOTE),
  undissected = ProtoExpert.new("dmm.undissected", "Not dissected", expert.group.UNDECODED,
    expert.severity.WARN),
  checksum = ProtoExpert.new("dmm.checksum_wrong", "Wrong checksum", expert.group.CHECKSUM,
    expert.severity.ERROR),
  refused = ProtoExpert.new("dmm.refused", "Refused", expert.group.RESPONSE_CODE,
    expert.severity.NOTE),
}

local function number_field(field, abbreviation)
  local construct = CONSTRUCTORS[field.octets]
  if field.values and FLAGS[field.values] then
    field.flags = {}
    for _, flag in ipairs(FLAGS[field.values]) do
      field.flags[#field.flags + 1] = register(ProtoField.bool(
        abbreviation .. "." .. flag.name, flag.name:gsub("_", " "), 8 * field.octets, nil, flag.mask))
    end
    return construct(abbreviation, field.label, base.HEX, nil, nil, field.meaning)
  end
  local shown = field.path == "flags" and base.HEX or base.DEC
  return construct(abbreviation, field.label, shown, VALUES[field.values], field.mask,
    field.meaning)
end

local function declared_field(field, abbreviation)
  local kind = field.kind
  if kind == "unsigned" or kind == "present" and field.octets < 16 then
    return number_field(field, abbreviation)
  elseif kind == "address" or kind == "addresses" or kind == "present" then
    return ProtoField.ipv6(abbreviation, field.label, field.meaning)
  elseif kind == "octets" then
    return ProtoField.bytes(abbreviation, field.label, base.NONE, field.meaning)
  elseif kind == "numbers" then
    return ProtoField.uint16(abbreviation, field.label, base.DEC, nil, nil, field.meaning)
  end
  return nil
end

for key, class in pairs(CLASSES) do
  class.node = register(ProtoField.none("dmm." .. key, class.title, class.meaning))
  for _, field in ipairs(class.fields) do
    field.declared = declared_field(field, "dmm." .. key .. "." .. field.abbreviation)
    if field.declared then register(field.declared) end
  end
end

dmm.fields = fields
dmm.experts = { notes.malformed, notes.cut, notes.undissected, notes.checksum, notes.refused }
