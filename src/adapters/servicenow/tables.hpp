// servicenow/tables — what the instance's own dictionary says of a table: its columns, inherited ones included, and
// their choices.
#pragma once

#include "api.hpp"

#include "syncservice/base/clock.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace syncservice::adapter::servicenow {

/// How a column's stored value is read.
enum class Shape : std::uint8_t {
  plain,      ///< as its FieldInfo's kind says
  duration,   ///< "1970-01-01 00:02:17" is 137 seconds
  journal,    ///< comments; no field
  unreadable  ///< a password, or what changes with every write by itself; no field
};

struct Column {
  FieldInfo info;
  Shape shape = Shape::plain;
  std::string reference;  ///< table that the column's sys_ids are of; empty: it holds no reference
};

/// A table as it was described at one time.
struct Table {
  std::string name, label;
  std::vector<std::string> lineage;  ///< itself, the table that it extends, and so on
  std::map<std::string, Column, std::less<>> columns;
  TypeInfo type;            ///< its fields
  std::string display;      ///< the column by which people know a row; may be empty
  std::string read_fields;  ///< sysparm_fields of a record; empty: too long for a URL, so all
  Timestamp read_at{};

  [[nodiscard]] bool has(std::string_view column) const { return columns.contains(column); }
};

/// The tables by name, each read when it is first needed and again an hour later. Thread-safe.
class Tables {
 public:
  /// `records`: the tables whose rows are records; `marker`: the column of the marker. The references outlive this.
  Tables(const Api& api, const Clock& clock, std::vector<std::string> records, std::string marker,
         std::string language);

  [[nodiscard]] Result<std::shared_ptr<const Table>> get(const std::string& name, const CallContext& context);
  /// Read again, unless it was within the last minute.
  [[nodiscard]] Result<std::shared_ptr<const Table>> refreshed(const std::string& name, const CallContext& context);

  [[nodiscard]] const std::vector<std::string>& records() const noexcept { return records_; }
  [[nodiscard]] const std::string& marker() const noexcept { return marker_; }

 private:
  [[nodiscard]] Result<std::shared_ptr<const Table>> younger_than(std::chrono::milliseconds age,
                                                                  const std::string& name, const CallContext& context);
  [[nodiscard]] Result<Table> load(const std::string& name, const CallContext& context) const;
  [[nodiscard]] Result<void> load_lineage(Table& table, const CallContext& context) const;
  [[nodiscard]] Result<void> load_columns(Table& table, const CallContext& context) const;
  [[nodiscard]] Result<void> load_choices(Table& table, const CallContext& context) const;
  void finish(Table& table) const;

  const Api& api_;
  const Clock& clock_;
  const std::vector<std::string> records_;
  const std::string marker_, language_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Table>> known_;  // guarded by mutex_
};

}  // namespace syncservice::adapter::servicenow
