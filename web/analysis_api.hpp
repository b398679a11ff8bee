// What a sweep's numbers mean, as JSON text: tests against a baseline, confusion matrices over folds, the audit of the
// protocol. The same functions as behind merctl's tables.
//
// Threads: as the reader's. Errors: the reader's; not_found: no such configuration. docs/http.md lists the fields.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/page.hpp"

namespace mer::web {

// Which epoch stands for a trial.
struct EpochChoice {
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
};

// configuration, baseline: by label, number from 1, or beginning of the id.
Result<std::string> comparison_json(storage::ResultReader& reader, SweepId sweep, EpochChoice epoch,
                                    const std::string& baseline, const Page& page = {});
// baseline: empty: intervals without tests. page: of all configurations.
Result<std::string> utterances_json(storage::ResultReader& reader, SweepId sweep, EpochChoice epoch,
                                    const std::string& baseline, const Page& page = {});
Result<std::string> confusion_json(storage::ResultReader& reader, SweepId sweep, EpochChoice epoch,
                                   const std::string& configuration);
// page: of configurations.
Result<std::string> audit_json(storage::ResultReader& reader, SweepId sweep, Metric metric, const Page& page = {});

}  // namespace mer::web
