// The repository against its own rules; and the rules against made-up files, so that they are known to bite.
#include "rules/source_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace syncservice::rules {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return std::move(text).str();
}

Modules made_up() {
  return parse_modules(
      "base 0 \nstore 1 base\nhttp 1 base\nspool 2 base;store\nadapters/folder 2 base\npush 4 base;http;spool\n");
}

std::vector<std::string> check(std::string_view path, std::string_view text) {
  return check_source(path, text, made_up());
}

TEST(Rules, UpwardIncludeIsRefused) {
  EXPECT_THAT(check("include/syncservice/store/store.hpp", "#pragma once\n#include \"syncservice/spool/spool.hpp\"\n"),
              ElementsAre(AllOf(HasSubstr("include/syncservice/store/store.hpp:2: "), HasSubstr("upward"),
                                HasSubstr("store (layer 1) does not link spool (layer 2)"))));
  EXPECT_THAT(check("src/base/text.cpp", "#include <syncservice/push/push.hpp>"), ElementsAre(HasSubstr("upward")));
}

TEST(Rules, UnlinkedIncludeIsRefusedEvenDownward) {
  EXPECT_THAT(check("src/push/handler.cpp", "#include \"syncservice/store/store.hpp\""),
              ElementsAre(HasSubstr("not linked: push (layer 4) does not link store (layer 1)")));
  EXPECT_THAT(check("src/adapters/folder/folder.cpp", "#include \"syncservice/http/message.hpp\""),
              ElementsAre(HasSubstr("adapters/folder (layer 2) does not link http (layer 1)")));
}

TEST(Rules, OwnAndLinkedIncludesPass) {
  EXPECT_THAT(check("src/push/handler.cpp",
                    "#include \"handler.hpp\"\n#include \"syncservice/push/push.hpp\"\n"
                    "#include \"syncservice/http/message.hpp\"\n#include <vector>\n"),
              IsEmpty());
}

TEST(Rules, TheWiringMayIncludeEverything) {
  EXPECT_THAT(check("src/app/main.cpp", "#include \"syncservice/push/push.hpp\""), IsEmpty());
}

TEST(Rules, IncludeOfNoModuleIsRefused) {
  EXPECT_THAT(check("src/push/handler.cpp", "#include \"syncservice/pusch/push.hpp\""),
              ElementsAre(HasSubstr("belongs to no module")));
}

TEST(Rules, APathOutOfTheModuleIsRefused) {
  EXPECT_THAT(check("src/push/handler.cpp", "#include \"../spool/window.hpp\""),
              ElementsAre(HasSubstr("leaves the module's folder")));
}

TEST(Rules, ACommentedIncludeIsNoInclude) {
  EXPECT_THAT(check("src/store/store.cpp",
                    "// #include \"syncservice/push/push.hpp\"\n/*\n#include \"syncservice/push/push.hpp\"\n*/\n"),
              IsEmpty());
}

TEST(Rules, LibrariesStayInTheirModule) {
  const std::string curl = "#include <curl/curl.h>", beast = "#include <boost/beast/http.hpp>";
  EXPECT_THAT(check("src/http/session.cpp", beast), IsEmpty());
  EXPECT_THAT(check("src/push/handler.cpp", beast), ElementsAre(HasSubstr("the only module that knows Beast")));
  EXPECT_THAT(check("src/push/handler.cpp", curl), ElementsAre(HasSubstr("src/client")));
  EXPECT_THAT(check("src/spool/spool.cpp", "#include <sqlite3.h>"), ElementsAre(HasSubstr("src/store")));
  EXPECT_THAT(check("src/spool/spool.cpp", "#include <SQLiteCpp/Database.h>"), ElementsAre(HasSubstr("src/store")));
  EXPECT_THAT(check("src/push/push.cpp", "#include <yaml-cpp/yaml.h>"), ElementsAre(HasSubstr("src/config")));
  EXPECT_THAT(check("src/push/push.cpp", "#include <yaml.h>"), ElementsAre(HasSubstr("src/config")));
  EXPECT_THAT(check("src/push/push.cpp", "#include <CLI/CLI.hpp>"), ElementsAre(HasSubstr("src/app")));
  EXPECT_THAT(check("src/app/main.cpp", "#include <CLI/CLI.hpp>"), IsEmpty());
  EXPECT_THAT(check("src/app/main.cpp", "#include <spdlog/spdlog.h>"), ElementsAre(HasSubstr("src/telemetry")));
}

TEST(Rules, PublicHeadersHideTheLibraries) {
  EXPECT_THAT(check("include/syncservice/http/server.hpp", "#include <boost/beast/core.hpp>"),
              ElementsAre(HasSubstr("in a public header")));
  EXPECT_THAT(check("include/syncservice/push/push.hpp", "#include <nlohmann/json.hpp>"),
              ElementsAre(HasSubstr("json_fwd")));
  EXPECT_THAT(check("include/syncservice/push/push.hpp", "#include <nlohmann/json_fwd.hpp>"), IsEmpty());
}

TEST(Rules, SleepingIsRefused) {
  for (const char* call : {"std::this_thread::sleep_for(1s)", "usleep(10)", "sleep_until(then)", "sleep(1)"}) {
    EXPECT_THAT(check("src/push/handler.cpp", std::string("void f() { ") + call + "; }"),
                ElementsAre(HasSubstr("waits for time to pass")))
        << call;
    EXPECT_THAT(check("tests/push/handler_test.cpp", call), ElementsAre(HasSubstr("waits for time"))) << call;
  }
  EXPECT_THAT(check("src/push/handler.cpp", "// never sleep(1) here\nlog(\"no sleep(1)\"); asleep(1);"), IsEmpty());
}

TEST(Rules, RowsThemselvesPointDownward) {
  EXPECT_THAT(check_modules(made_up()), IsEmpty());
  EXPECT_THAT(check_modules(parse_modules("base 0 store\nstore 1 \n")),
              ElementsAre("base (layer 0) links upward to store (layer 1)"));
  EXPECT_THAT(check_modules(parse_modules("a 1 b\nb 1 a\n")), ElementsAre(HasSubstr("form a cycle")));
  EXPECT_THAT(check_modules(parse_modules("a 1 nothing\n")), ElementsAre("a links nothing, which is no module"));
}

TEST(Repository, RowsPointDownward) {
  const Modules modules = parse_modules(content(SYNCSERVICE_MODULES));
  ASSERT_GE(modules.size(), 10U) << SYNCSERVICE_MODULES;
  EXPECT_THAT(check_modules(modules), IsEmpty());
}

TEST(Repository, EverySourceKeepsToTheRules) {
  const Modules modules = parse_modules(content(SYNCSERVICE_MODULES));
  const fs::path root = SYNCSERVICE_SOURCE;
  std::size_t files = 0;
  for (const char* folder : {"include", "src", "tests"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".hpp" && file.extension() != ".cpp") continue;
      ++files;
      for (const std::string& complaint : check_source(fs::relative(file, root).string(), content(file), modules)) {
        ADD_FAILURE() << complaint;
      }
    }
  }
  EXPECT_GE(files, 50U) << "looked in the wrong place: " << root;
}

}  // namespace
}  // namespace syncservice::rules
