#include "connection.hpp"

#include <sqlite3.h>

#include <climits>

namespace syncservice::store {

namespace {

[[noreturn]] void fail(const Statement::Impl& statement) {
  throw Failure(last_error(statement.connection.handle(), statement.sql, statement.connection.path));
}

void check(const Statement::Impl& statement, int result) {
  if (result != SQLITE_OK) fail(statement);
}

int open_flags(Connection::Impl::Mode mode) {
  // One thread at a time uses a connection, so SQLite's own lock around it is not needed.
  switch (mode) {
    case Connection::Impl::Mode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    case Connection::Impl::Mode::write:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    case Connection::Impl::Mode::read:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  }
  return SQLITE_OPEN_READONLY;
}

constexpr int busy_timeout_ms = 10'000;

}  // namespace

Statement::Impl::Impl(Connection::Impl& owner, const char* text) : connection(owner), sql(text) {
  if (sqlite3_prepare_v3(owner.handle(), text, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    throw Failure(last_error(owner.handle(), text, owner.path));
}

Statement::Impl::~Impl() {
  sqlite3_finalize(handle);
}

Statement::~Statement() {
  if (impl_ == nullptr) return;
  sqlite3_reset(impl_->handle);
  sqlite3_clear_bindings(impl_->handle);
  impl_->borrowed = false;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(*impl_, sqlite3_bind_int64(impl_->handle, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  const char* text = value.data() == nullptr ? "" : value.data();
  check(*impl_, sqlite3_bind_text64(impl_->handle, parameter, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  check(*impl_, sqlite3_bind_blob64(impl_->handle, parameter, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(*impl_, sqlite3_bind_null(impl_->handle, parameter));
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

bool Statement::step() {
  switch (sqlite3_step(impl_->handle)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      fail(*impl_);
  }
}

int Statement::run() {
  while (step()) {
  }
  const int changed = sqlite3_changes(impl_->connection.handle());
  reset();
  return changed;
}

void Statement::reset() {
  check(*impl_, sqlite3_reset(impl_->handle));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(impl_->handle, column);
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(impl_->handle, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(impl_->handle, column))};
}

std::string Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(impl_->handle, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(impl_->handle, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(impl_->handle, column) == SQLITE_NULL;
}

Statement Connection::prepare(const char* sql) {
  return Statement{impl_->borrow(sql)};
}

std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(impl_->handle());
}

Connection::Impl::Impl(const std::string& file, Mode mode, std::int64_t cache_bytes)
    : database(file, open_flags(mode), busy_timeout_ms), path(file) {
  sqlite3_extended_result_codes(handle(), 1);
  database.exec("PRAGMA cache_size = -" + std::to_string(cache_bytes / 1024));
  database.exec("PRAGMA temp_store = MEMORY");
  // Debian's build overwrites deleted content with zeros, which doubles what a deletion writes.
  database.exec("PRAGMA secure_delete = OFF");
  database.exec("PRAGMA foreign_keys = ON");
}

Statement::Impl& Connection::Impl::borrow(const char* sql) {
  auto& known = statements[sql];
  for (const auto& statement : known) {
    if (statement->borrowed) continue;
    statement->borrowed = true;
    return *statement;
  }
  known.push_back(std::make_unique<Statement::Impl>(*this, sql));
  known.back()->borrowed = true;
  return *known.back();
}

void Connection::Impl::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw Failure(last_error(handle(), sql, path));
}

void Connection::Impl::run(const char* sql) {
  Statement{borrow(sql)}.run();
}

std::int64_t Connection::Impl::number(const std::string& sql) {
  Statement::Impl statement{*this, sql.c_str()};
  if (sqlite3_step(statement.handle) != SQLITE_ROW) throw Failure(last_error(handle(), sql, path));
  return sqlite3_column_int64(statement.handle, 0);
}

bool Connection::Impl::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle()) == 0;
}

void Connection::Impl::roll_back() noexcept {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace syncservice::store
