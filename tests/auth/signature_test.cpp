#include "syncservice/auth/signature.hpp"

#include <gtest/gtest.h>

#include <string>

namespace syncservice::auth {
namespace {

// The example of Jira's documentation.
constexpr std::string_view secret = "It's a Secret to Everybody";
constexpr std::string_view body = "Hello World!";
constexpr std::string_view right = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";

bool signed_with(std::string_view key, std::string_view text, std::string_view signature) {
  SignatureCheck check{key};
  check.add(text);
  return check.matches(signature);
}

TEST(Signature, Published) {
  EXPECT_TRUE(signed_with(secret, body, right));
  EXPECT_FALSE(signed_with("another", body, right));
  EXPECT_FALSE(signed_with(secret, "Hello World?", right));
}

TEST(Signature, OfABodyInPieces) {
  SignatureCheck check{secret};
  for (const char& c : body) check.add({&c, 1});
  check.add("");
  EXPECT_TRUE(check.matches(right));
  EXPECT_FALSE(check.matches(right)) << "it has ended";
}

TEST(Signature, OfAnEmptyBody) {
  SignatureCheck check{"key"};
  EXPECT_TRUE(check.matches("sha256=5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"));
}

TEST(Signature, CaseDoesNotCount) {
  std::string upper{right};
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  EXPECT_TRUE(signed_with(secret, body, upper));
  EXPECT_TRUE(signed_with(secret, body, " " + std::string{right} + "\t"));
}

TEST(Signature, AnythingElseIsNone) {
  const std::string good{right}, digest{right.substr(7)};
  const std::string none_hex = std::string{"sha256="}.append(64, 'g');
  const std::string zeros = std::string{"sha256="}.append(64, '0');
  for (const std::string& signature :
       {std::string{}, std::string{"sha256="}, digest, good.substr(0, 70), std::string{good}.append(1, '0'),
        std::string{"sha1="}.append(digest), none_hex, zeros}) {
    EXPECT_FALSE(signed_with(secret, body, signature)) << signature;
  }
}

}  // namespace
}  // namespace syncservice::auth
