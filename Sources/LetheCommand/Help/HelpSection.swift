/// Options of a help page under one title.
struct HelpSection {
  let title: String
  /// Shown first, and in a short page alone.
  let common: [String]
  /// Shown by `--help-all` besides.
  var further: [String] = []
  /// Whether pages of commands that train have it; nil for all commands.
  var isOfTraining: Bool?

  /// Options that stand in no other section: those of the command itself.
  static let ownTitle = "Options"

  /// In the order of a page; a command's own options follow the first.
  static let all = [
    HelpSection(
      title: "Tasks and data", common: ["source", "target", "data", "task"],
      further: [
        "source-proxy", "target-head", "shared-head", "compat", "head", "classes", "task-kind",
      ], isOfTraining: true),
    HelpSection(
      title: "How long", common: ["epochs", "batch-size"],
      further: ["max-steps", "tokens-per-batch", "accumulate", "examples"], isOfTraining: true),
    HelpSection(
      title: "The step", common: ["lr", "optimizer", "schedule", "weight-decay"],
      further: [
        "warmup", "momentum", "nesterov", "layer-decay", "clip-norm", "ema", "precision", "gradient-checkpointing",
        "shard", "sync-norm",
      ], isOfTraining: true),
    HelpSection(
      title: "What holds back", common: ["regularizer", "freeze", "lora"],
      further: [
        "regularize", "decoupled", "feature-extraction", "unfreeze-every", "unfreeze-on-plateau", "probe-epochs",
      ], isOfTraining: true),
    HelpSection(
      title: "Choosing and stopping", common: ["best", "stop-when"],
      further: ["patience", "eval-every", "eval-samples", "validation"], isOfTraining: true),
    HelpSection(
      title: "The loss", common: [],
      further: ["loss", "label-smoothing", "class-weights", "loss-classes", "balanced-sampling"], isOfTraining: true),
    HelpSection(
      title: "Pictures", common: ["fit"], further: ["augment", "image-size", "resize", "skip-unreadable"],
      isOfTraining: true),
    HelpSection(
      title: "Models and data",
      common: [
        "before", "after", "data", "source", "source-proxy", "target", "head", "target-head", "classes", "task-kind",
        "fit", "image-size", "resize", "skip-unreadable", "input", "hidden", "form",
      ], isOfTraining: false),
    HelpSection(
      title: "Output",
      common: [
        "output", "force", "name-by-time", "keep-checkpoints", "files", "save-plots", "chart", "changed", "junit",
        "json", "quiet", "all",
      ], isOfTraining: nil),
    HelpSection(
      title: "Running", common: ["device", "seed", "resume", "config"],
      further: ["print-config", "threads", "process-timeout", "allow-operator", "help"], isOfTraining: true),
    HelpSection(
      title: "Running", common: ["device", "threads", "seed", "config", "allow-operator", "version", "help"],
      isOfTraining: false),
  ]

  /// Those of a command's page.
  static func all(ofTraining isOfTraining: Bool) -> [HelpSection] {
    all.filter { $0.isOfTraining == nil || $0.isOfTraining == isOfTraining }
  }
}
