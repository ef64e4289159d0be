// Webhooks: https://help.perforce.com/helix-alm/helixalm/current/client, "About webhooks". A notification names records
// and says nothing of their values.
#include "helix_alm_adapter.hpp"
#include "json.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace syncservice::adapter::helix_alm {
namespace {

Error malformed(std::string_view why) {
  std::string out = "The notification is not one of Helix ALM's webhooks: ";
  out.append(why).append(". Is this URL that of a webhook recipient in Helix ALM?");
  return make_error(Failure::refused, std::move(out));
}

/// base64(HMAC(secret, text)), as the header has it.
std::string signature_of(std::string_view secret, std::string_view text, const EVP_MD* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  if (HMAC(digest, secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), code.data(), &size) == nullptr)
    return {};
  std::string out(4 * ((size + 2U) / 3U) + 1, '\0');
  out.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), code.data(), static_cast<int>(size))));
  return out;
}

bool same(std::string_view wanted, std::string_view given) noexcept {
  return !wanted.empty() && wanted.size() == given.size() &&
         CRYPTO_memcmp(wanted.data(), given.data(), wanted.size()) == 0;
}

/// Either signature counts: for a day after the secret was changed the second one is made with the old secret. Which
/// of the two algorithms the recipient is set to, no header says.
Result<void> check_signature(const Notification& notification) {
  if (notification.secret.empty()) return {};
  std::string text;
  for (const char* part : {"X-HALM-WebHook-Version", "X-HALM-WebHook-ID", "X-HALM-WebHook-Timestamp"})
    text.append(notification.header(part));
  text.append(notification.body);
  bool any = false;
  for (const char* name : {"X-HALM-WebHook-Signature-Primary", "X-HALM-WebHook-Signature-Secondary"}) {
    const std::string_view given = text::trim(notification.header(name));
    any = any || !given.empty();
    for (const EVP_MD* digest : {EVP_sha256(), EVP_sha512()})
      if (same(signature_of(notification.secret, text, digest), given)) return {};
  }
  return make_error(Failure::unauthorized,
                    any ? "The header X-HALM-WebHook-Signature-Primary does not fit the notification; is the secret of "
                          "the webhook recipient the application's webhookSecret?"
                        : "The header X-HALM-WebHook-Signature-Primary is missing; enter the application's "
                          "webhookSecret as the secret key of the webhook recipient.");
}

}  // namespace

Result<Notified> HelixAlmAdapter::read_notification(const Notification& notification) const {
  if (auto checked = check_signature(notification); !checked) return checked.error();
  const Json document = Json::parse(notification.body, nullptr, false);
  if (document.is_discarded()) return malformed("it is not JSON");
  const std::string_view project = text_at(document, "projectID");
  if (project.empty()) return malformed("it has no \"projectID\"");
  const Json& events = member(document, "events");
  if (!events.is_array()) return malformed("it has no list \"events\"");
  const ItemType* only = item_type(notification.type);
  Notified out;
  out.delivery = text::trim(notification.header("X-HALM-WebHook-ID"));
  for (const Json& event : events) {
    const Json& item = member(event, "item");
    const ItemType* type = item_type(text_at(item, "itemType"));
    const std::int64_t id = number_at(item, "id");
    if (text_at(item, "itemType").empty() || id <= 0)
      return malformed("an event has no \"item\" with \"itemType\" and \"id\"");
    const bool wanted = type != nullptr && (only == nullptr || type == only) &&
                        std::find(options_.types.begin(), options_.types.end(), type) != options_.types.end();
    if (wanted) {
      out.records.push_back({ProjectName{std::string{project}}, id_of(*type, std::to_string(id))});
    } else {
      ++out.of_other_types;
    }
  }
  return out;
}

}  // namespace syncservice::adapter::helix_alm
