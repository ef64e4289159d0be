#include <gtest/gtest.h>

#include "registry_fixture.hpp"

namespace syncservice::registry {
namespace {

TEST(ManyLinks, AreAllFoundAndHintedAt) {
  const RegistryFolder folder;
  folder.write("many.yaml", many_links(3000));
  ASSERT_EQ(folder.complaints(), "");
  const LoadResult loaded = folder.load();
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_EQ(loaded.snapshot->app_links().size(), 3000U);
  EXPECT_NE(loaded.snapshot->find(AppLinkName{"Link02999"}), nullptr);
  const auto message = [&](const char* name) {
    return loaded.snapshot->validate({AppLinkName{name}, Side::source, RecordId{"1"}, std::nullopt}).error().message;
  };
  EXPECT_EQ(message("link01234"),
            "There is no app link \"link01234\"; did you mean \"Link01234\", \"Link00234\" or "
            "\"Link01034\"?");
  EXPECT_EQ(message("xLink01234").substr(0, 59), "There is no app link \"xLink01234\"; did you mean \"Link01234\"");
  EXPECT_EQ(message("Link01234x").substr(0, 59), "There is no app link \"Link01234x\"; did you mean \"Link01234\"");
}

TEST(ManyLinks, ReportTheFirstFaultsAndCountTheOthers) {
  const RegistryFolder folder;
  std::string text = many_links(1000);
  for (std::size_t at = 0; (at = text.find("application: right", at)) != std::string::npos;)
    text.replace(at, 18, "application: wrong");
  folder.write("many.yaml", text);
  const LoadResult loaded = folder.load();
  EXPECT_EQ(loaded.snapshot, nullptr);
  ASSERT_EQ(loaded.complaints.size(), 201U);
  EXPECT_EQ(loaded.complaints.back().what, "and 800 more errors");
}

}  // namespace
}  // namespace syncservice::registry
