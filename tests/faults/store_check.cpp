#include "tests/faults/store_check.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "core/json.hpp"
#include "core/sha256.hpp"
#include "storage/sqlite_db.hpp"
#include "tests/faults/tiny_run.hpp"

namespace mer::faults {
namespace {

namespace fs = std::filesystem;
using storage::SqliteDb;
using storage::Statement;

// Of the database with its journals, in a folder beside the store; recovered by opening it.
class DatabaseCopy {
 public:
  DatabaseCopy(const fs::path& store, bool network) : folder_(store.string() + ".copy") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (const char* name : {"mer.db", "mer.db-wal", "mer.db-journal"}) {
      if (fs::exists(store / name)) fs::copy_file(store / name, folder_ / name);
    }
    if (!fs::exists(folder_ / "mer.db")) return;
    db_ = SqliteDb::open(folder_ / "mer.db", {.read_only = false, .network = network}).value();
    if (db_->integer("SELECT count(*) FROM sqlite_master").value() == 0) db_.reset();
  }
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  ~DatabaseCopy() {
    db_.reset();
    fs::remove_all(folder_);
  }

  bool has_tables() const { return db_ != nullptr; }
  SqliteDb& operator*() const { return *db_; }

  // The first column of every row.
  std::vector<std::string> texts(const std::string& sql) const {
    std::vector<std::string> found;
    Statement query = db_->prepare(sql).value();
    query.each([&](const Statement& row) { found.push_back(row.text(0)); }).ok();
    return found;
  }
  std::int64_t number(const std::string& sql) const { return db_ ? db_->integer(sql).value() : 0; }

 private:
  fs::path folder_;
  std::shared_ptr<SqliteDb> db_;
};

// Every row of the table, or view, but for what an interruption changes: how many attempts there were, and when.
void add_rows(const DatabaseCopy& db, const std::string& table, std::string& content) {
  static const std::set<std::string> kMayDiffer = {"attempt", "crashes", "submitted_at", "wall_seconds", "peak_memory"};
  std::string row = "''";
  for (const std::string& name : db.texts("SELECT name FROM pragma_table_info('" + table + "')")) {
    if (!kMayDiffer.contains(name)) row += " || ' ' || quote(" + name + ")";
  }
  for (const std::string& text : db.texts("SELECT " + row + " AS line FROM " + table + " ORDER BY line")) {
    content += table + text + "\n";
  }
}

void add_files(const fs::path& store, std::string& content) {
  std::set<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    const std::string name = fs::relative(entry.path(), store).string();
    if (name.starts_with("mer.db-")) continue;  // journals belong to the database: their rows are compared
    std::ostringstream bytes;
    const bool own = name == "lock" || name == "mer.db";
    if (entry.is_regular_file() && !own) bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    lines.insert(name + " " + sha256_hex(bytes.str()) + "\n");
  }
  for (const std::string& line : lines) content += line;
}

// At the end of a run.
std::string bookkeeping_of(const DatabaseCopy& db) {
  std::string wrong;
  const auto none = [&](const std::string& what, const std::string& query) {
    for (const std::string& row : db.texts(query)) wrong += what + ": " + row + "\n";
  };
  none("an attempt is still running", "SELECT trial || '/' || attempt FROM attempts WHERE outcome = 'running'");
  none("not finished exactly once",
       "SELECT id FROM trials t WHERE state = 'done' AND 1 <> (SELECT count(*) FROM attempts a "
       "WHERE a.trial = t.trial AND outcome = 'finished')");
  none("a crash is charged that was none", "SELECT id FROM trials WHERE crashes > 1");
  none("an attempt is missing",
       "SELECT id FROM trials t WHERE attempt <> (SELECT count(*) FROM attempts a "
       "WHERE a.trial = t.trial)");
  return wrong;
}

class JournalCheck {
 public:
  explicit JournalCheck(const DatabaseCopy& db) : db_(db) {}

  std::vector<std::string> run(const std::vector<std::string>& journal) {
    for (const std::string& line : journal) read(line);
    if (retried_ && db_.number("SELECT count(*) FROM trials WHERE state = 'failed'") > 0) {
      wrong_.push_back("a trial that is to be tried again is still failed");
    }
    return std::move(wrong_);
  }

 private:
  void expect(bool holds, const std::string& line) {
    if (!holds) wrong_.push_back(line);
  }

  void read(const std::string& line) {
    if (line.starts_with("{")) return read_message(line, nlohmann::json::parse(line));
    std::istringstream words(line);
    std::string word, trial;
    int number = 0;
    words >> word;
    if (word == "submitted" || word == "retried") {
      words >> number;
      retried_ = word == "retried";
      expect(db_.number("SELECT count(*) FROM sweeps WHERE sweep = " + std::to_string(number)) == 1, line);
    } else if (word == "assign") {
      words >> trial >> number;
      expect(attempts(trial, number, "1") == 1, line);
      if (done_.contains(trial)) wrong_.push_back("done, and run again: " + line);
    } else if (line == "ended 0") {
      expect(db_.number("SELECT count(*) FROM trials WHERE state <> 'done'") == 0, line);
    }
  }

  void read_message(const std::string& line, const nlohmann::json& message) {
    if (message["type"] == "progress") {
      expect(db_.number("SELECT count(*) FROM epochs") >= message["epoch_rows"].get<int>(), line);
      expect(db_.number("SELECT count(*) FROM trials WHERE state = 'done'") >= message["done"].get<int>(), line);
    } else if (message["type"] == "trial") {
      read_end(line, message["trial"], message["attempt"], message["state"]);
    }
  }

  void read_end(const std::string& line, const std::string& trial, int attempt, const std::string& state) {
    if (state != "done") return expect(attempts(trial, attempt, "outcome = 'failed'") == 1, line);
    if (!done_.insert(trial).second) wrong_.push_back("counted twice: " + line);
    expect(attempts(trial, attempt, "outcome = 'finished'") == 1, line);
    expect(of_trial("trials WHERE state = 'done'", trial) == 1, line);
    expect(of_trial("trial_results WHERE attempt = " + std::to_string(attempt), trial) == 1, line);
    expect(of_trial("curve WHERE 1", trial) == 2 * kEpochs, line + ": its epochs");
    expect(of_trial("selected WHERE 1", trial) == 5, line + ": its selected epochs");
  }

  std::int64_t of_trial(const std::string& rows, const std::string& trial) const {
    return db_.number("SELECT count(*) FROM " + rows + " AND trial = (SELECT trial FROM trials WHERE id = '" + trial +
                      "')");
  }
  std::int64_t attempts(const std::string& trial, int attempt, const std::string& condition) const {
    return of_trial("attempts WHERE attempt = " + std::to_string(attempt) + " AND " + condition, trial);
  }

  const DatabaseCopy& db_;
  std::vector<std::string> wrong_;
  std::set<std::string> done_;
  bool retried_ = false;
};

}  // namespace

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

StoreState state_of(const fs::path& store, bool network, const std::vector<std::string>& journal, Depth depth) {
  StoreState state;
  const DatabaseCopy db(store, network);
  if (!db.has_tables()) {
    state.lost = journal;  // nothing may have been said yet
    return state;
  }
  state.integrity = db.texts("PRAGMA integrity_check").front();
  for (const std::string& row : db.texts("SELECT 'row without its parent in ' || \"table\" FROM "
                                         "pragma_foreign_key_check")) {
    state.integrity += "; " + row;
  }
  state.lost = JournalCheck(db).run(journal);
  if (depth == Depth::acknowledged) return state;
  for (const char* table : {"sweeps", "corpora", "folds", "test_parts", "configurations", "trial_settings", "trials",
                            "sweep_trials", "checkpoints", "curve", "trial_results", "predictions", "selected"}) {
    add_rows(db, table, state.content);
  }
  add_files(store, state.content);
  state.bookkeeping = bookkeeping_of(db);
  return state;
}

}  // namespace mer::faults
