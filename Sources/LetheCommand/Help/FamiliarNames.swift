import Foundation
import Programs

/// What commands and options are called elsewhere, and here.
enum FamiliarNames {
  private static let commands = [
    "check": "verify", "create": "new", "describe": "inspect", "diff": "drift", "dump": "inspect", "eval": "evaluate",
    "explain": "diagnose", "fine-tune": "finetune", "fit": "train", "ft": "finetune", "grid": "sweep",
    "infer": "predict", "info": "inspect", "init": "new", "merge": "interpolate", "monitor": "watch", "plot": "report",
    "search": "sweep", "show": "inspect", "similarity": "cka", "summary": "inspect", "test": "evaluate",
    "tune": "finetune", "validate": "evaluate", "wise-ft": "interpolate",
  ]

  /// By their names without dashes before them, and with dashes within; the first that a command has is meant.
  private static let options: [String: [String]] = [
    "accum": ["accumulate"], "accumulate-grad-batches": ["accumulate"], "amp": ["precision bfloat16"],
    "augmentation": ["augment"], "b": ["batch-size"], "batch": ["batch-size"], "bf16": ["precision bfloat16"],
    "bs": ["batch-size"], "checkpoint": ["resume"], "class-weight": ["class-weights"], "clip": ["clip-norm"],
    "clip-grad": ["clip-norm"], "clip-grad-norm": ["clip-norm"], "cpu": ["device cpu"], "cuda": ["device cuda"],
    "source": ["data", "target"], "target": ["data"],
    "data": ["target", "source"], "data-dir": ["data", "target"], "data-path": ["data", "target"],
    "dataset": ["data", "target"], "dataset-name": ["data", "target"], "early-stopping": ["patience"],
    "early-stopping-patience": ["patience"], "ema-decay": ["ema"], "epoch": ["epochs"], "eval-steps": ["eval-every"],
    "eval-data": ["source"], "fp16": ["precision float16"], "freeze-layers": ["freeze"], "fsdp": ["shard"],
    "gpu": ["device cuda"], "gpus": ["device cuda"], "grad-accum": ["accumulate"], "grad-clip": ["clip-norm"],
    "gradient-accumulation-steps": ["accumulate"], "gradient-clip-val": ["clip-norm"], "image": ["image-size"],
    "img-size": ["image-size"], "iters": ["max-steps"], "iterations": ["max-steps"], "j": ["threads", "jobs"],
    "l2": ["weight-decay"], "label-smoothing-factor": ["label-smoothing"], "learning-rate": ["lr"],
    "linear-probe": ["feature-extraction"], "load-best-model-at-end": ["best"], "lora-r": ["lora rank="],
    "lora-rank": ["lora rank="], "lr-scheduler": ["schedule"], "lr-scheduler-type": ["schedule"],
    "max-epochs": ["epochs"], "max-grad-norm": ["clip-norm"], "max-iters": ["max-steps"],
    "metric-for-best-model": ["best"], "mixed-precision": ["precision"], "mixup": ["augment"],
    "model-ema-decay": ["ema"], "n-epochs": ["epochs"], "num-epochs": ["epochs"], "num-classes": ["classes"],
    "num-steps": ["max-steps"], "num-train-epochs": ["epochs"], "num-workers": ["threads"], "opt": ["optimizer"],
    "optim": ["optimizer"], "out": ["output"], "out-dir": ["output"], "output-dir": ["output"],
    "overwrite": ["force"], "overwrite-output-dir": ["force"], "per-device-train-batch-size": ["batch-size"],
    "random-seed": ["seed"], "reg": ["regularizer"], "regularization": ["regularizer"],
    "resume-from-checkpoint": ["resume"], "save-best-only": ["keep-checkpoints"], "save-dir": ["output"],
    "save-path": ["output"],
    "sched": ["schedule"], "scheduler": ["schedule"], "silent": ["quiet"], "smoothing": ["label-smoothing"],
    "steps": ["max-steps"], "train-batch-size": ["batch-size"], "train-data": ["data", "target"],
    "warmup-epochs": ["warmup"], "wd": ["weight-decay"], "workers": ["threads"], "y": ["force"], "yes": ["force"],
  ]

  /// All commands that are meant by some name.
  static var meantCommands: Set<String> { Set(commands.values) }

  /// All options that are meant by some name, without the value that goes with them.
  static var meantOptions: Set<String> {
    Set(options.values.joined().map { String($0.prefix { $0 != " " }) })
  }

  /// `: it is called evaluate here`, `; did you mean finetune?`, or nothing.
  static func advice(onCommand word: String, among known: [String]) -> String {
    if let name = commands[word.lowercased()], known.contains(name) { return ": it is called \(name) here" }
    return advice(near(word, in: known))
  }

  /// The same of an option that some command has not got.
  ///
  /// - Parameter name: with or without its dashes.
  static func advice(onOption name: String, of command: CommandDescription) -> String {
    let known = command.parameters.filter { !$0.isPositional }.map(\.name)
    let bare = name.drop { $0 == "-" }.lowercased().replacing("_", with: "-")
    if known.contains(bare) { return ": it is called --\(bare) here" }
    let meant = options[bare]?.first { known.contains($0.split(separator: " ").first.map(String.init) ?? $0) }
    if let meant { return ": it is called --\(meant) here" }
    return advice(near(bare, in: known).map { "--" + $0 })
  }

  /// How a model of an architecture is made, where a path that leads nowhere names one.
  static func advice(onArchitecture name: String) -> String? {
    Architecture(rawValue: name) != nil ? "; lethe new \(name) -o \(name).h5 makes a model of this architecture" : nil
  }

  /// What may be meant, as a question.
  static func advice(_ names: [String]) -> String {
    names.isEmpty ? "" : "; did you mean \(names.joined(separator: " or "))?"
  }

  /// The same of a path at which there is nothing.
  ///
  /// - Parameter names: what may be meant but what lies in the folder.
  static func advice(onPath path: String, besides names: [String] = []) -> String {
    let place = path as NSString
    let folder = place.deletingLastPathComponent
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    let near = near(place.lastPathComponent, in: files.filter { !$0.hasPrefix(".") } + (folder.isEmpty ? names : []))
    return advice(near.map { folder.isEmpty ? $0 : place.deletingLastPathComponent + "/" + $0 })
  }

  /// Names of which a third at most is another, or two letters that were exchanged.
  static func near(_ name: String, in known: [String]) -> [String] {
    nearest(name, in: known, changing: name.utf8.count < 4 ? 1 : max(2, name.utf8.count / 3))
  }
}
