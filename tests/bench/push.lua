-- A wrk script: every request pushes a record that was never pushed before. Arguments after `--`: form, API key (empty:
-- Basic admin:welcome), prefix of the ids.
local counter = 0
local thread_number = 0

function setup(thread)
  thread:set("number", thread_number)
  thread_number = thread_number + 1
end

function init(arguments)
  form, key, prefix = arguments[1], arguments[2], arguments[3]
  headers = {}
  if form == "body" then
    headers["Content-Type"] = "application/json"
    if key == "" then
      headers["Authorization"] = "Basic YWRtaW46d2VsY29tZQ=="
    else
      headers["apikey"] = key
    end
  end
end

function request()
  counter = counter + 1
  local id = prefix .. number .. "-" .. counter
  if form == "body" then
    return wrk.format("POST", "/SyncService/push", headers,
      '{"appLinkName":"Bench","origin":"source","id":"' .. id .. '"}')
  end
  if form == "webhook" then return wrk.format("POST", "/SyncService/push", headers) end
  return wrk.format("POST", "/SyncService/push/Bench/source/" .. id .. "?apikey=" .. key, headers)
end

function done(summary, latency, requests)
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%.3f,"p50":%.3f,"p99":%.3f,"p999":%.3f,"bad":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
