-- Where Wireshark's own dissectors are registered: what they know they dissect first.

local originals = {
  mobility = DissectorTable.get("ip.proto"):get_dissector(135),
  icmpv6 = DissectorTable.get("ip.proto"):get_dissector(58),
}

dmm.prefs.show_wireshark = Pref.bool("Dissect as Wireshark does too", true,
  "Show mobility messages that Wireshark knows as it shows them, too (fields mip6.*)")
dmm.prefs.show_neighbor_discovery = Pref.bool(
  "Dissect solicitations and advertisements of ROMIP as Wireshark does too", false,
  "It notes the private option as one that it does not know (fields icmpv6.*)")
dmm.prefs.wide_flows = Pref.bool("Early flow identification counts its length in 8 octets", false,
  "As draft-ietf-mext-flow-binding-01 §3.1 has it")
dmm.prefs.query_update = Pref.uint("Q flag of a Proxy Binding Query (mask)", QUERY.update,
  "draft-jikim-dmm-pmip §4.1")
dmm.prefs.query_acknowledgement = Pref.uint("Q flag of a Proxy Query Acknowledgement (mask)",
  QUERY.acknowledgement, "draft-jikim-dmm-pmip §4.2")
dmm.prefs.session_flags = Pref.enum("D and E flags", 0, "draft-ma-dmm-romip §6.1 to 6.4", {
  { 1, "as each message tells", 0 }, { 2, "seed-bits", 1 }, { 3, "iana-safe", 2 },
}, false)
for _, code in ipairs(CODES) do
  dmm.prefs[code.name] = Pref.uint(code.title, code.default, "Private, for " .. code.draft)
end

-- Options that Wireshark has no dissector for are shown by name in its own tree, too.
local announced = {}
local announcer = Proto("dmm.option", "DMM testbed option")

function announcer.dissector(tvb, pinfo, tree)
  local class = choose(tables.mobility[tvb(0, 1):uint()], tvb, math.min(2, tvb:len()), tvb:len())
  tree:add(announcer, tvb(), (class and class.title or "Option") .. ": see DMM testbed")
  return tvb:len()
end

local function announce()
  local found, options = pcall(DissectorTable.get, "mip6.option")
  if not found then return end
  for _, number in ipairs(announced) do options:remove(number, announcer) end
  announced = {}
  for number in pairs(tables.mobility) do
    if not options:get_dissector(number) then
      options:add(number, announcer)
      announced[#announced + 1] = number
    end
  end
end

function dmm.prefs_changed()
  build_tables()
  announce()
end

-- What Wireshark finds malformed it shows as such; what it knows nothing of is read all the same.
local function call(original, tvb, pinfo, tree)
  pcall(original.call, original, tvb, pinfo, tree)
end

-- Types that Wireshark 4.0 dissects: up to Localized Routing (RFC 6705).
local LAST_KNOWN = 18

local function declared_or_unknown(tvb)
  if tvb:len() < 8 then return false end
  local kind = tvb(2, 1):uint()
  return tables["mobility header"][kind] or kind > LAST_KNOWN
end

local function wireshark_reads_mobility(tvb)
  local classes = tvb:len() >= 8 and tables["mobility header"][tvb(2, 1):uint()]
  if not classes then return true end
  return classes.wireshark and dmm.prefs.show_wireshark and not dmm.prefs.wide_flows
end

-- The classes of an ICMPv6 message that holds what Wireshark does not know.
local function private_icmpv6(tvb)
  local classes = tvb:len() >= 4 and tables.icmpv6[tvb(0, 1):uint()]
  if not classes then return nil end
  return (classes.private or holds_private_option(tvb, 4 + classes[1].fixed)) and classes or nil
end

local mobility = Proto("dmm.mobility", "Mobility Header with what drafts add")
local icmpv6 = Proto("dmm.icmpv6", "ICMPv6 with what drafts add")

function mobility.dissector(tvb, pinfo, tree)
  if wireshark_reads_mobility(tvb) then call(originals.mobility, tvb, pinfo, tree) end
  if declared_or_unknown(tvb) then read_mobility(tvb, pinfo, tree) end
  return tvb:len()
end

function icmpv6.dissector(tvb, pinfo, tree)
  local classes = private_icmpv6(tvb)
  if not classes or not classes.private and dmm.prefs.show_neighbor_discovery then
    call(originals.icmpv6, tvb, pinfo, tree)
  end
  if classes then read_icmpv6(tvb, pinfo, tree, classes) end
  return tvb:len()
end

build_tables()
announce()
DissectorTable.get("ip.proto"):add(135, mobility)
DissectorTable.get("ip.proto"):add(58, icmpv6)
