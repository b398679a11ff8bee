#include "storage/sqlite_annotation.hpp"

#include <string>

namespace mer::storage {
namespace {

Result<Annotation> annotate_one(SqliteDb& db, const std::string& kind, const std::string& target,
                                const Control& control) {
  MER_ASSIGN(Statement query, db.prepare("SELECT note, tags FROM annotations WHERE kind = ? AND target = ?"));
  MER_ASSIGN(const bool found, query.bind(kind, target).step());
  Annotation before;
  if (found) before = {query.text(0), words_of(query.text(1))};
  MER_ASSIGN(Annotation after, annotated(before, control));
  if (is_empty(after)) {
    MER_ASSIGN(Statement removal, db.prepare("DELETE FROM annotations WHERE kind = ? AND target = ?"));
    MER_TRY(removal.bind(kind, target).run());
    return after;
  }
  MER_ASSIGN(Statement write, db.prepare("INSERT OR REPLACE INTO annotations VALUES (?, ?, ?, ?, ?)"));
  MER_TRY(write.bind(kind, target, after.note, line_of(after.tags), control.at).run());
  return after;
}

// The sweeps that have the trial, under its id or as one that was superseded.
constexpr const char* kRaiseOfTrial =
    "UPDATE sweeps SET annotated = annotated + 1 WHERE sweep IN (SELECT s.sweep FROM trials t JOIN sweep_trials s "
    "USING (trial) WHERE t.id = ?1 OR (t.id > ?1 || '.' AND t.id < ?1 || '/'))";

}  // namespace

Result<Annotation> annotate(SqliteDb& db, const Control& control) {
  if (control.sweep) {
    MER_ASSIGN(Statement raise, db.prepare("UPDATE sweeps SET annotated = annotated + 1 WHERE sweep = ?"));
    MER_TRY(raise.bind(control.sweep->number).run());
    return annotate_one(db, "sweep", std::to_string(control.sweep->number), control);
  }
  Annotation last;
  MER_ASSIGN(Statement raise, db.prepare(kRaiseOfTrial));
  for (const TrialId& id : control.trials) {
    MER_ASSIGN(last, annotate_one(db, "trial", id.hex, control));
    MER_TRY(raise.bind(id.hex).run());
  }
  return last;
}

}  // namespace mer::storage
