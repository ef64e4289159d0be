#include "syncservice/base/hash.hpp"

#include <gtest/gtest.h>

namespace syncservice {
namespace {

TEST(Fnv1a, Published) {
  // The vectors of the algorithm's authors (draft-eastlake-fnv).
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8U);
}

TEST(Fnv1a, PiecesMakeNoDifference) {
  Fnv1a hash;
  hash.add("foo");
  hash.add("");
  hash.add("bar");
  EXPECT_EQ(hash.value(), fnv1a("foobar"));
}

TEST(Fnv1a, Hexadecimal) {
  EXPECT_EQ(to_hex(0), "0000000000000000");
  EXPECT_EQ(to_hex(0xcbf29ce484222325U), "cbf29ce484222325");
}

}  // namespace
}  // namespace syncservice
