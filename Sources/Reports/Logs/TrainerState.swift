import Findings

/// A run's history as Hugging Face's `trainer_state.json`, which `transformers.TrainerState.load_from_json` reads.
///
/// It is for reading and plotting: floating operations and tokens are not counted (0), and a Trainer cannot resume
/// from it, since no optimizer state goes with it. `best_global_step` is left out: older versions, such as 4.46, refuse
/// a file with a field they do not know.
public enum TrainerState {
  /// The file's text, keys in alphabetical order as transformers writes them, with a newline at the end.
  public static func text(of log: RunLog) -> String { json(of: log).serialized(pretty: true) + "\n" }

  /// The fields of `transformers.TrainerState`.
  ///
  /// `log_history` has for each row a training entry (where a step was done) and an evaluation entry, each with
  /// `epoch` and `step`. Columns of a task (`source_`, `target_`, `proxy_`) go to the evaluation entry with `eval_`
  /// before them, all others to the training entry, where `training_loss` is called `loss`. Where a run was looked at within
  /// its epochs, each look has such entries, its scores with `eval_sample_` before them, and an epoch's mean loss is called
  /// `train_loss`. Values that are not
  /// finite are left out, since JSON has none.
  public static func json(of log: RunLog) -> JSONValue {
    let last = log.rows.last
    let hasLooks = log.rows.contains { $0.values.contains { $0.name.hasPrefix(RunLog.Row.lookPrefix) } }
    return [
      "best_metric": .optional(log.bestMetric),
      "best_model_checkpoint": log.bestCheckpoint.map(JSONValue.string) ?? .null,
      "epoch": .double(last?.epoch ?? 0),
      "eval_steps": .int(log.stepsPerEpoch),
      "global_step": .int(last?.step ?? 0),
      "is_hyper_param_search": false,
      "is_local_process_zero": true,
      "is_world_process_zero": true,
      "log_history": .array(log.rows.flatMap { entries(of: $0, besideLooks: hasLooks) }),
      "logging_steps": .int(log.stepsPerEpoch),
      "max_steps": .int(log.stepLimit ?? log.stepsPerEpoch * log.epochCount),
      "num_input_tokens_seen": 0,
      "num_train_epochs": .int(log.epochCount),
      "save_steps": .int(log.stepsPerEpoch),
      "stateful_callbacks": [:],
      "total_flos": 0.0,
      "train_batch_size": .int(log.batchSize),
      "trial_name": nil,
      "trial_params": nil,
    ]
  }

  /// A row's entries, training before evaluation as a Trainer logs them; none where nothing was measured.
  private static func entries(of row: RunLog.Row, besideLooks hasLooks: Bool) -> [JSONValue] {
    var training: [(String, JSONValue)] = []
    var evaluation: [(String, JSONValue)] = []
    for (column, value) in row.values where value.isFinite {
      let isLook = column.hasPrefix(RunLog.Row.lookPrefix)
      let name = isLook ? String(column.dropFirst(RunLog.Row.lookPrefix.count)) : column
      if ["source_", "target_", "proxy_", "gauge_"].contains(where: name.hasPrefix) {
        evaluation.append((isLook ? "eval_sample_\(name)" : "eval_\(name)", .double(value)))
      } else if name != "epoch", name != "step" {
        let loss = hasLooks && !isLook ? "train_loss" : "loss"
        training.append((name == "training_loss" ? loss : name, .double(value)))
      }
    }
    // Before the first step the penalty and the seconds are 0 because nothing was trained.
    return [row.step > 0 ? training : [], evaluation].filter { !$0.isEmpty }.map { members in
      let place: [(String, JSONValue)] = [("epoch", .double(row.epoch)), ("step", .int(row.step))]
      return .object((members + place).sorted { $0.0 < $1.0 })
    }
  }
}
