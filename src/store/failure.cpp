#include "failure.hpp"

#include "syncservice/base/category.hpp"

#include <sqlite3.h>

namespace syncservice::store {

namespace {

std::string_view words(Errc value) noexcept {
  switch (value) {
    case Errc::full:
      return "no space left";
    case Errc::io:
      return "input/output error";
    case Errc::corrupt:
      return "damaged database";
    case Errc::constraint:
      return "constraint violated";
    case Errc::locked:
      return "in use by another process";
    case Errc::newer_schema:
      return "written by a newer version";
    case Errc::closed:
      return "closed";
    case Errc::other:
      return "database error";
  }
  return "database error";
}

Errc classify(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return Errc::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Errc::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::corrupt;
    case SQLITE_CONSTRAINT:
      return Errc::constraint;
    default:
      return Errc::other;
  }
}

}  // namespace

const boost::system::error_category& store_category() noexcept {
  static const Category<Errc> category{"syncservice.store", words};
  return category;
}

boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), store_category()};
}

Failure::Failure(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}

Error damaged(const std::string& path, std::string_view what) {
  return {
      make_error_code(Errc::corrupt),
      "The database " + path + " is damaged: " + std::string{what} +
          ". Nothing was changed. Stop the service, move the file and its -wal and -shm files aside, then restore a "
          "backup made with `sqlite3 " +
          path +
          " '.backup FILE'` or VACUUM INTO; without one, keep the damaged files, start with an empty data folder and "
          "have "
          "the records that changed pushed again.",
      FailureClass::internal, std::nullopt};
}

Error sqlite_error(int result, std::string_view doing, std::string_view detail, const std::string& path) {
  const Errc code = classify(result);
  const std::string what =
      std::string{detail} + " (SQLite " + std::to_string(result) + ", at: " + std::string{doing} + ")";
  switch (code) {
    case Errc::corrupt:
      return damaged(path, what);
    case Errc::full:
      return {make_error_code(code), "No space left for the database " + path + ": " + what + ". Free some disk space.",
              FailureClass::transient, std::nullopt};
    case Errc::io:
      return {make_error_code(code),
              "The database " + path + " can't be read or written: " + what +
                  ". Check the disk and the file's permissions.",
              FailureClass::transient, std::nullopt};
    case Errc::constraint:
    case Errc::locked:
    case Errc::newer_schema:
    case Errc::closed:
    case Errc::other:
      break;
  }
  const bool busy = (result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_NOMEM;
  return {make_error_code(code), "The database " + path + " refused: " + what + ".",
          busy ? FailureClass::transient : FailureClass::internal, std::nullopt};
}

Error last_error(sqlite3* db, std::string_view doing, const std::string& path) {
  return sqlite_error(sqlite3_extended_errcode(db), doing, sqlite3_errmsg(db), path);
}

Error closed_error() {
  return {make_error_code(Errc::closed), "The store is closed; the service is shutting down.", FailureClass::transient,
          std::nullopt};
}

}  // namespace syncservice::store
