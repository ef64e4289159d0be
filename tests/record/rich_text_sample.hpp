// A text in one format and its canonical form, as parameter of a test.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace syncservice::test {

struct Sample {
  const char* name;
  std::string given;
  std::string canonical;
};

inline std::string name_of(const testing::TestParamInfo<Sample>& row) {
  return row.param.name;
}

}  // namespace syncservice::test
