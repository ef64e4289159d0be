#include "key_index.hpp"

#include <algorithm>
#include <cstring>

namespace syncservice::spool {

namespace {

constexpr int parts = 64;
constexpr std::size_t most_remembered = 400'000;  ///< keys in memory, beyond which older ones are not looked for

/// As stored, in the machine's byte order.
struct Entry {
  std::uint32_t record;
  std::uint16_t offset;  ///< of the id in its run
  std::uint16_t tag;     ///< 15 bits of the key's hash; the top bit: waited when the run was written
};
static_assert(sizeof(Entry) == 8);

constexpr std::uint16_t waited = 0x8000;

std::uint16_t tag_of(std::uint64_t key) noexcept {
  return static_cast<std::uint16_t>(key & 0x7fff);
}

std::int64_t part_id(std::int64_t run, std::uint32_t record) noexcept {
  return run * parts + (record >> 26);
}

std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// What an entry holds of the key, spread over all bits.
std::uint64_t filter_key(std::uint32_t record, std::uint16_t tag) noexcept {
  return mix((std::uint64_t{record} << 15) | (tag & 0x7fffU));
}

std::uint64_t fold(std::uint64_t seed, std::string_view bytes) noexcept {
  for (const char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return seed;
}

std::uint32_t hash_record(std::string_view record) noexcept {
  return static_cast<std::uint32_t>(mix(fold(0xcbf29ce484222325ULL, record)) >> 32);
}

/// Calls visit(entry) from the newest push of the part to the oldest; true ends it.
template <class VisitEntry>
bool scan(const std::string& part, const VisitEntry& visit) {
  for (std::size_t end = part.size() / sizeof(Entry); end > 0; --end) {
    Entry entry;
    std::memcpy(&entry, part.data() + (end - 1) * sizeof(Entry), sizeof entry);
    if (visit(entry)) return true;
  }
  return false;
}

std::string read_part(store::Connection& connection, std::int64_t id) {
  store::Statement part = connection.prepare("SELECT entries FROM push_run_part WHERE id = ?");
  return part.bind(1, id).step() ? part.blob(0) : std::string{};
}

std::int64_t runs_on_disk(store::Connection& connection) {
  store::Statement last = connection.prepare("SELECT max(id) FROM push_run_part");
  return last.step() && !last.is_null(0) ? last.integer(0) / parts + 1 : 0;
}

}  // namespace

KeyHash hash_key(std::int64_t link, int side, std::string_view project, std::string_view record) noexcept {
  const std::uint64_t record_hash = mix(fold(0xcbf29ce484222325ULL, record));
  const std::uint64_t place = mix(static_cast<std::uint64_t>(link) * 2 + static_cast<std::uint64_t>(side) + 1);
  return {mix(fold(record_hash ^ place, project)), static_cast<std::uint32_t>(record_hash >> 32)};
}

KeyIndex::Filter::Filter(std::size_t keys) : blocks_(keys / 32 + 1) {}

std::size_t KeyIndex::Filter::block(std::uint64_t key) const noexcept {
  return static_cast<std::size_t>(((key >> 32) * blocks_.size()) >> 32);
}

void KeyIndex::Filter::add(std::uint64_t key) noexcept {
  Block& own = blocks_[block(key)];
  std::uint64_t bits = mix(key);
  for (std::uint64_t& word : own.words) {
    word |= std::uint64_t{1} << (bits & 63);
    bits >>= 6;
  }
}

bool KeyIndex::Filter::may_hold(std::uint64_t key) const noexcept {
  const Block& own = blocks_[block(key)];
  std::uint64_t bits = mix(key);
  std::uint64_t all = 1;
  for (const std::uint64_t word : own.words) {
    all &= word >> (bits & 63);
    bits >>= 6;
  }
  return all != 0;
}

void KeyIndex::Filter::prefetch(std::uint64_t key) const noexcept {
  __builtin_prefetch(&blocks_[block(key)]);
}

void KeyIndex::load(store::Connection& connection, const std::map<std::int64_t, std::int64_t>& waiting_runs) {
  first_run_ = runs_on_disk(connection);
  for (const auto& waiting_run : waiting_runs) {
    const std::int64_t run = waiting_run.first;
    if (run >= first_run_) break;
    std::vector<std::uint64_t> keys;
    for (std::int64_t part = 0; part < parts; ++part) {
      scan(read_part(connection, run * parts + part), [&keys](const Entry& entry) {
        if ((entry.tag & waited) != 0) keys.push_back(filter_key(entry.record, entry.tag));
        return false;
      });
    }
    Filter filter{keys.size()};
    for (const std::uint64_t key : keys) filter.add(key);
    filters_.emplace(filters_.begin(), run, std::move(filter));
  }
  store::Statement rows =
      connection.prepare("SELECT id, link, side, project, record, state FROM push WHERE id >= ? ORDER BY id");
  rows.bind(1, first_run_ << run_bits);
  while (rows.step()) {
    const KeyHash hash = hash_key(rows.integer(1), static_cast<int>(rows.integer(2)), rows.text(3), rows.text(4));
    recent_.push_back({rows.integer(0), hash});
    if (rows.integer(5) == 0) waiting_.emplace(hash.key, rows.integer(0));
  }
}

KeyIndex::Waiting::const_iterator KeyIndex::entry_of(std::uint64_t key, std::int64_t id) const {
  const auto [begin, end] = waiting_.equal_range(key);
  const auto found = std::find_if(begin, end, [id](const auto& entry) { return entry.second == id; });
  return found == end ? waiting_.end() : found;
}

void KeyIndex::add(std::int64_t id, const KeyHash& hash) {
  recent_.push_back({id, hash});
  waiting_.emplace(hash.key, id);
}

void KeyIndex::remember(std::int64_t id, const KeyHash& hash) {
  if (waiting_.size() < most_remembered && entry_of(hash.key, id) == waiting_.end()) waiting_.emplace(hash.key, id);
}

void KeyIndex::forget(std::int64_t id, const KeyHash& hash) {
  const auto found = entry_of(hash.key, id);
  if (found != waiting_.end()) waiting_.erase(found);
}

std::optional<std::int64_t> KeyIndex::find(store::Connection& connection, const KeyHash& hash,
                                           const Visit& accept) const {
  std::optional<std::int64_t> newest;
  const auto [begin, end] = waiting_.equal_range(hash.key);
  for (auto entry = begin; entry != end; ++entry) {
    if ((!newest || entry->second > *newest) && accept(entry->second)) newest = entry->second;
  }
  if (newest) return newest;
  const auto tag = static_cast<std::uint16_t>(tag_of(hash.key) | waited);
  const std::uint64_t wanted = filter_key(hash.record, tag);
  // One after the other, each of dozens of filters would wait for memory.
  for (const auto& [run, filter] : filters_) filter.prefetch(wanted);
  for (const auto& [run, filter] : filters_) {
    if (!filter.may_hold(wanted)) continue;
    std::optional<std::int64_t> hit;
    scan(read_part(connection, part_id(run, hash.record)), [&, first = run << run_bits](const Entry& entry) {
      if (entry.record != hash.record || entry.tag != tag || !accept(first + entry.offset)) return false;
      hit = first + entry.offset;
      return true;
    });
    if (hit) return hit;
  }
  return std::nullopt;
}

void KeyIndex::write_run(store::Transaction& tx) {
  const std::int64_t first = first_run_ << run_bits;
  std::array<std::string, parts> content;
  moved_.clear();
  for (const Recent& push : recent_) {
    if (run_of(push.id) != first_run_) break;
    Entry entry{push.hash.record, static_cast<std::uint16_t>(push.id - first), tag_of(push.hash.key)};
    if (entry_of(push.hash.key, push.id) != waiting_.end()) {
      entry.tag |= waited;
      moved_.push_back(push.hash);
    }
    std::array<char, sizeof entry> bytes{};
    std::memcpy(bytes.data(), &entry, sizeof entry);
    content[push.hash.record >> 26].append(bytes.data(), bytes.size());
  }
  written_.emplace(moved_.size());
  for (const KeyHash& hash : moved_) written_->add(filter_key(hash.record, tag_of(hash.key)));
  store::Statement insert = tx.prepare("INSERT OR REPLACE INTO push_run_part(id, entries) VALUES(?, ?)");
  for (std::int64_t part = 0; part < parts; ++part) {
    insert.bind(1, first_run_ * parts + part).bind_blob(2, content[static_cast<std::size_t>(part)]).run();
  }
}

void KeyIndex::run_written() {
  const std::int64_t end = (first_run_ + 1) << run_bits;
  for (const KeyHash& hash : moved_) {
    for (auto [entry, last] = waiting_.equal_range(hash.key); entry != last;) {
      entry = entry->second < end ? waiting_.erase(entry) : std::next(entry);
    }
  }
  if (!moved_.empty()) filters_.emplace(filters_.begin(), first_run_, std::move(*written_));
  written_.reset();
  moved_.clear();
  const auto newer = std::find_if(recent_.begin(), recent_.end(), [end](const Recent& push) { return push.id >= end; });
  recent_.erase(recent_.begin(), newer);
  ++first_run_;
}

void KeyIndex::drop_filters(const std::function<bool(std::int64_t run)>& waits) {
  std::erase_if(filters_, [&](const auto& entry) { return !waits(entry.first); });
}

void KeyIndex::visit_record(store::Connection& connection, std::string_view record, std::int64_t before,
                            const Visit& visit) {
  const std::int64_t runs = runs_on_disk(connection);
  store::Statement recent =
      connection.prepare("SELECT id FROM push WHERE id >= ? AND id < ? AND record = ? ORDER BY id DESC");
  recent.bind(1, runs << run_bits).bind(2, before).bind(3, record);
  while (recent.step()) {
    if (visit(recent.integer(0))) return;
  }
  const std::uint32_t hash = hash_record(record);
  for (std::int64_t run = std::min(runs - 1, run_of(before)); run >= 0; --run) {
    const std::int64_t first = run << run_bits;
    const bool ended = scan(read_part(connection, part_id(run, hash)), [&](const Entry& entry) {
      return entry.record == hash && first + entry.offset < before && visit(first + entry.offset);
    });
    if (ended) return;
  }
}

}  // namespace syncservice::spool
