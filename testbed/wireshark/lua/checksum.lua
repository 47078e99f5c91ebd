-- The checksum of what is behind an IPv6 header, over the addresses that RFC 6275 §6.1.1 names.

local sources, destinations = Field.new("ipv6.src"), Field.new("ipv6.dst")
local homes = Field.new("ipv6.opt.mipv6.home_address")
local finals = Field.new("ipv6.routing.mipv6.home_address")

local function last(field)
  local found = { field() }
  return found[#found]
end

local function sum(range, total)
  local size = range:len()
  for i = 0, size - 2, 2 do total = total + range(i, 2):uint() end
  if size % 2 == 1 then total = total + 256 * range(size - 1, 1):uint() end
  return total
end

-- The innermost address, or the home address that stands for it in the same packet.
local function pseudo(address, stand_in)
  if stand_in and stand_in.offset > address.offset then return stand_in.range end
  return address.range
end

-- Whether the checksum in `range` is right; nil where the addresses are not at hand.
local function checksum_right(range, protocol)
  local source, destination = last(sources), last(destinations)
  if not source or not destination then return nil end
  local total = sum(pseudo(source, last(homes)), protocol + range:len())
  total = sum(pseudo(destination, last(finals)), total)
  total = sum(range, total)
  while total > 65535 do total = total % 65536 + math.floor(total / 65536) end
  return total == 65535
end
