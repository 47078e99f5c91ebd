-- What a message is called: by its class, or by the flags of an update and its acknowledgement.

local function session_profile(flags, distributed)
  local choice = dmm.prefs.session_flags
  if choice == 1 then return SESSIONS.seed_bits end
  if choice == 2 then return SESSIONS.iana_safe end
  return has(flags, distributed) and SESSIONS.iana_safe or SESSIONS.seed_bits
end

local KINDS = {
  binding_update = {
    side = "update", names = { "ProxyBindingUpdate", "ProxyBindingQuery", "sDBU", "dDBU" },
  },
  binding_acknowledgement = {
    side = "acknowledgement",
    names = { "ProxyBindingAcknowledgement", "ProxyQueryAcknowledgement", "sDBA", "dDBA" },
  },
}

local function name_of(class, values, state)
  local kind = KINDS[class.key]
  if not kind or not values or not values.flags then return class.name, {} end
  local side, flags = kind.side, values.flags
  local distributed = MASKS[side .. "_distributed"]
  if state.seen.session_home_address then
    local profile = session_profile(flags, distributed)
    local far = has(flags, profile[side .. "_e"])
    return kind.names[far and 4 or 3], { d = has(flags, profile[side .. "_d"]), e = far }
  end
  if not has(flags, MASKS[side .. "_proxy"]) then return class.name, {} end
  local query = has(flags, dmm.prefs["query_" .. side])
  if side == "acknowledgement" and has(flags, distributed) then query = false end
  return kind.names[query and 2 or 1], { q = query }
end

-- "ProxyBindingUpdate" as "Proxy Binding Update".
local function spaced(name)
  return (name:gsub("(%l)(%u)", "%1 %2"))
end

local function title_of(class, name)
  if name == class.name then return class.title end
  return name:find("DB") and name or spaced(name)
end
