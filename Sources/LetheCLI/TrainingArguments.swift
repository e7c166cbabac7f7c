import ArgumentParser
import Foundation
import Reports
import Training

/// What `train` and `finetune` share.
struct TrainingArguments: ParsableArguments {
  @Option(help: "Epochs to train.")
  var epochs = 4

  @Option(help: "Examples a step.")
  var batchSize = 64

  @Option(
    name: .customLong("lr"), parsing: .singleValue,
    help: "Learning rate; GLOB=RATE sets it for the layers or parameters that match. Repeatable, later ones win.")
  var learningRates: [String] = []

  @Option(help: "sgd, adam or adamw.")
  var optimizer = OptimizerKind.sgd

  @Option(help: "Momentum of SGD.")
  var momentum = 0.9

  @Flag(help: "Nesterov momentum.")
  var nesterov = false

  @Option(help: "Weight decay toward zero; 0 for parameters that a regularizer covers.")
  var weightDecay = 0.0

  @Option(help: "Label smoothing, 0 to 1.")
  var labelSmoothing = 0.0

  @Option(help: "constant, cosine, or step:EPOCHS,FACTOR.")
  var schedule = "constant"

  @Option(help: "Epochs over which the learning rate rises from zero.")
  var warmup = 0.0

  @Option(parsing: .singleValue, help: "Keep the layers that match GLOB as they are. Repeatable.")
  var freeze: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "KIND or KIND:SETTING=VALUE,…, as l2-sp:alpha=0.1,beta=0.01. Repeatable.", discussion: regularizerHelp))
  var regularizer: [String] = []

  @Option(
    help: """
      What the regularizers act on: weights (kernels only), all, or a GLOB; by default weights, and all for ewc, mas \
      and si.
      """)
  var regularize: String?

  @Flag(help: "Apply the regularizers in the step instead of the gradient.")
  var decoupled = false

  @Option(help: "Train on this many examples only, drawn by the seed.")
  var examples: Int?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @Option(help: "The seed of the new head and the order of the examples.")
  var seed: UInt64 = 0

  func options() throws -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = epochs
    options.batchSize = batchSize
    for text in learningRates {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2, let rate = Double(parts[parts.count - 1]) else {
        throw CommandError.usage("--lr: expected RATE or GLOB=RATE, found '\(text)'")
      }
      if parts.count == 1 {
        options.learningRate = rate
      } else {
        options.rateRules.append(RateRule(pattern: parts[0], learningRate: rate))
      }
    }
    options.optimizer = optimizer
    options.momentum = momentum
    options.usesNesterov = nesterov
    options.weightDecay = weightDecay
    options.labelSmoothing = labelSmoothing
    guard let shape = Schedule.Shape(schedule) else {
      throw CommandError.usage("--schedule: expected constant, cosine or step:EPOCHS,FACTOR, found '\(schedule)'")
    }
    guard warmup >= 0, warmup.isFinite else { throw CommandError.usage("--warmup must not be negative") }
    options.schedule = Schedule(shape, warmupEpochs: warmup)
    options.frozen = freeze
    options.regularizers = try regularizer.map { text in
      var specification = try RegularizerSpecification(parsing: text)
      specification.filter = regularize
      specification.isDecoupled = decoupled && RegularizerKind.named(specification.kind)?.isDecouplable == true
      return specification
    }
    if decoupled, !options.regularizers.contains(where: \.isDecoupled) {
      let able = RegularizerKind.all.filter(\.isDecouplable).map(\.name).joined(separator: ", ")
      throw CommandError.usage("--decoupled: none of the regularizers can be applied in the step; \(able) can")
    }
    options.seed = seed
    options.fitsImages = fit
    options.exampleCount = examples
    try options.validate()
    return options
  }
}

extension OptimizerKind: ExpressibleByArgument {}

/// Every kind of regularizer with its settings as they are by default and its formula, then what the settings mean.
private let regularizerHelp: String = {
  let kinds = RegularizerKind.all.map { kind in
    let settings = kind.settings.map { "\($0.name)=\($0.choices?.joined(separator: "|") ?? $0.standard)" }
    return kind.name + (settings.isEmpty ? "" : ":" + settings.joined(separator: ",")) + "\n    " + kind.formula
  }
  var meanings: [(name: String, help: [String])] = []
  for setting in RegularizerKind.all.flatMap(\.settings) {
    if let known = meanings.firstIndex(where: { $0.name == setting.name }) {
      if !meanings[known].help.contains(setting.help) { meanings[known].help.append(setting.help) }
    } else {
      meanings.append((setting.name, [setting.help]))
    }
  }
  let list = meanings.map { "\($0.name): \($0.help.joined(separator: "; or "))" }
  return (kinds + ["Settings (the first choice is the default):"] + list).joined(separator: "\n")
}()
