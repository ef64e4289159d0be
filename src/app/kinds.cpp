#include "kinds.hpp"

#include "syncservice/adapters/alm/alm.hpp"
#include "syncservice/adapters/folder/folder.hpp"
#include "syncservice/adapters/helix_alm/helix_alm.hpp"
#include "syncservice/adapters/jira/jira.hpp"
#include "syncservice/adapters/servicenow/servicenow.hpp"

namespace syncservice::app {

const adapter::Kinds& adapter_kinds() {
  static const adapter::Kinds kinds{adapter::alm_kind(), adapter::folder_kind(), adapter::helix_alm_kind(),
                                    adapter::jira_kind(), adapter::servicenow_kind()};
  return kinds;
}

}  // namespace syncservice::app
