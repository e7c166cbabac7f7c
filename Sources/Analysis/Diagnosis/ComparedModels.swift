import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Programs
import Torch

/// A model before and after fine-tuning, and the examples that judge both tasks.
///
/// Every measure of a diagnosis takes these and returns a finding. What several of them need is measured once.
public final class ComparedModels {
  /// The model before fine-tuning.
  public let before: Model
  /// The model after.
  public let after: Model
  /// The source's data in the numbers of its head; of a proxy, labelled by the model before.
  public let source: Dataset
  /// The target's data, likewise; nil where they do not matter.
  public let target: Dataset?
  /// The head that judges the source.
  public let sourceTask: String
  /// The head that judges the target; nil without its data.
  public let targetTask: String?
  /// Which outputs of these heads the classes of the data are.
  public let classes: JudgedClasses
  /// What the source's labels and score are.
  public let sourceKind: any TaskKind
  /// Likewise the target's; classification without one.
  public let targetKind: any TaskKind
  /// Whether the source's labels are what the model before said of a proxy set, as its own data are not at hand:
  /// the score is then agreement with it.
  public let isProxy: Bool
  /// The epoch that the model after is of, by its checkpoint.
  public let epoch: Int
  /// Whether every layer is looked at by itself, rather than blocks where there are many.
  public let takesEveryLayer: Bool
  /// Those that measure together, each of the same models and data; nil for one by itself.
  public let processes: ProcessGroup?
  /// Told what is measured, and how much of it is done.
  public let progress = DiagnosisProgress()
  /// The examples that judge everything but the amount.
  let sourceTest: Split
  let targetTest: Split?
  /// Where each example of `sourceTest` stands among the source's test examples.
  let sourceTestIndices: [Int]
  /// All of the source's test examples; of a proxy, with labels that do not count.
  let wholeSourceTest: Split
  /// How many examples are looked at for what.
  public let counts: DiagnosisCounts
  /// What was measured of the models as they are.
  var shared = SharedMeasurements()

  /// - Parameters:
  ///   - isProxy: whether `source` only stands in for the source's examples. Its labels do not count.
  ///   - sourceTask: the head that judges the source; the data's own, or the one that was there before, when nil.
  ///   - targetTask: the head that judges the target; the data's own, or the one in place after, when nil.
  ///   - sourceKindName: the name of the source's kind of task; nil where labels and outputs tell it.
  ///   - targetKindName: likewise the target's.
  ///   - takesEveryLayer: whether every layer is looked at by itself, where by default many are taken as blocks.
  ///   - testCount: test examples of each task, at most, drawn by the seed; by the network's size when nil. The amount is judged
  ///     on all.
  ///   - processes: those that measure together, each with the same models and data; every one has all findings. Nil for
  ///     one by itself.
  /// - Throws: `ModelError` where a head is missing, ``AnalysisError/nothingToCompare(_:)`` for two different networks.
  public init(
    before: Checkpoint, after: Checkpoint, source: Dataset, target: Dataset?, isProxy: Bool = false,
    sourceTask: String? = nil, targetTask: String? = nil, sourceKind sourceKindName: String? = nil,
    targetKind targetKindName: String? = nil, takesEveryLayer: Bool = false,
    testCount: Int? = nil, seed: UInt64 = 0, device: Device = .cpu, processes: ProcessGroup? = nil
  ) throws {
    self.processes = processes
    progress.processCount = processes?.count ?? 1
    self.before = try Model(before, device: device)
    self.after = try Model(after, device: device)
    _ = try Interpolation(before: before, after: after)
    epoch = after.epoch
    self.isProxy = isProxy
    self.takesEveryLayer = takesEveryLayer
    let other = before.task == after.task ? nil : before.task
    let own = isProxy ? nil : source.name
    let candidates = [sourceTask, own, other, before.heads.keys.first { $0 != after.task }, before.task]
      .compactMap { $0 }
    guard let task = candidates.first(where: { before.heads[$0] != nil && after.heads[$0] != nil }),
      sourceTask == nil || task == sourceTask
    else {
      throw ModelError.missingHead(task: sourceTask ?? source.name, available: after.heads.keys.sorted())
    }
    let targetHead = target.map { data in
      targetTask ?? (after.heads[data.name] == nil ? after.task : data.name)
    }
    let model = self.before
    func kind(_ data: Dataset, _ head: String, in model: Model, named name: String?) throws -> any TaskKind {
      try model.withHead(of: head) {
        let kind = try TaskKinds.kind(of: data, for: model, named: name)
        try TaskKinds.check(data, as: kind, for: model)
        return kind
      }
    }
    // The labels of a proxy do not count; what they leave out does.
    let said: any TaskKind
    if isProxy {
      said = try model.withHead(of: task) { try TaskKinds.kind(ofProxy: source, for: model, named: sourceKindName) }
    } else {
      said = try kind(source, task, in: model, named: sourceKindName)
    }
    guard let sourceKind = isProxy ? said.agreement : said else {
      throw EvaluationError.cannotAgree(kind: said.words)
    }
    let changed = self.after
    let targetKind: any TaskKind =
      try target.map { data in
        try kind(data, targetHead ?? changed.task, in: changed, named: targetKindName)
      } ?? Classification()
    let classes = JudgedClasses(
      source: isProxy ? nil : try source.match(to: task, among: after.heads, kind: sourceKind),
      target: try target.flatMap { data in
        try targetHead.flatMap { try data.match(to: $0, among: after.heads, kind: targetKind) }
      })
    self.sourceKind = sourceKind.named(by: classes.source, of: after.heads[task])
    self.targetKind = targetKind.named(by: classes.target, of: targetHead.flatMap { after.heads[$0] })
    self.sourceTask = task
    self.targetTask = targetHead
    self.classes = classes
    let source = try source.renumbered(by: classes.source, of: after.heads[task], as: sourceKind)
    let target = try target?.renumbered(
      by: classes.target, of: targetHead.flatMap { after.heads[$0] }, as: targetKind)
    self.target = target
    var random = RandomSource(seed: seed)
    func sample(_ split: Split, _ count: Int) -> [Int] {
      split.count > count ? random.sample(count, of: split.count).sorted() : Array(0..<split.count)
    }
    counts = try testCount.map(DiagnosisCounts.init(judged:)) ?? DiagnosisCounts(of: self.before, on: source.test)
    let testCount = counts.judged
    sourceTestIndices = sample(source.test, testCount)
    let judged = source.test.selecting(sourceTestIndices)
    if isProxy {
      let fitted = source.train.selecting(sample(source.train, DiagnosisThresholds.proxyExamples))
      if sourceKind.isClassification {
        wholeSourceTest = source.test.relabelled([Int32](repeating: 0, count: source.test.count))
        self.source = try self.before.labelled(
          fitted, judged, task: task, name: source.name, processes)
        sourceTest = self.source.test
      } else {
        let whole = try self.before.withHead(of: task) {
          try model.answers(on: source.test, dataset: source.name, kind: said, processes: processes)
        }
        wholeSourceTest = whole
        sourceTest = whole.selecting(sourceTestIndices)
        self.source = try Dataset(
          name: source.name, classNames: self.before.heads[task]?.classNames ?? [],
          train: self.before.withHead(of: task) {
            try model.answers(on: fitted, dataset: source.name, kind: said, processes: processes)
          },
          test: sourceTest)
      }
    } else {
      wholeSourceTest = source.test
      self.source = source
      sourceTest = judged
    }
    targetTest = target.map { $0.test.selecting(sample($0.test, testCount)) }
  }

  /// What the source is scored by.
  var score: Score { isProxy ? .agreement : sourceKind.score }

  /// What the target is scored by; nil without one.
  var targetScore: Score? { target == nil ? nil : targetKind.score }

  /// What judges examples, whole or in halves and quarters: in batches that are small enough for several processes to have
  /// some each, and as fast on a CPU.
  var evaluator: Evaluator { Evaluator(batchSize: 128, processes: processes) }

  /// How passes over examples are shared.
  var pass: SharedPass { SharedPass(over: processes, on: before.device) }

  /// Puts the source's head in place in both models, where their outputs are looked at.
  func activateSourceHead() throws {
    try before.activate(task: sourceTask)
    try after.activate(task: sourceTask)
  }
}

extension ComparedModels {
  /// What a model makes of the source's examples, with the source's head.
  func sourceAnswers(_ model: Model) throws -> Answers {
    try answers(of: model, task: sourceTask, on: sourceTest, dataset: source.name, kind: sourceKind)
  }

  /// Of the target's examples; nil without a target.
  func targetAnswers(_ model: Model) throws -> Answers? {
    guard let targetTest, let targetTask, let target else { return nil }
    return try answers(of: model, task: targetTask, on: targetTest, dataset: target.name, kind: targetKind)
  }

  private func answers(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind
  ) throws -> Answers {
    try model.withHead(of: task) {
      let result = try evaluator.evaluate(
        model, versions: [[:]], on: split, dataset: dataset, kind: kind, onExamples: progress.advanceTogether)
      return Answers(kind, of: result[0])
    }
  }

  /// Whether what the source gains and what the target loses are counted in one unit, and can be weighed.
  var areCommensurable: Bool { target == nil || sourceKind.score.unit == targetKind.score.unit }
}

/// One half of the examples, drawn at random: their order may say something, as where classes take turns. What is chosen
/// on the first half is judged on the second.
struct Half {
  static let choosing = Half(isFirst: true)
  static let judging = Half(isFirst: false)

  /// A quarter of it, or the others.
  enum Part { case quarter, others }

  let isFirst: Bool
  /// Nil for all of it.
  var part: Part?

  func take(_ answers: Answers) -> Answers { answers.selecting(indices(of: answers.count)) }

  func take(_ split: Split) -> Split { split.selecting(indices(of: split.count)) }

  func taking(_ part: Part) -> Half { Half(isFirst: isFirst, part: part) }

  /// The same for every count, so that answers and examples have the same halves.
  func indices(of count: Int) -> [Int] {
    var random = RandomSource(seed: 0x6861_6C66)
    let drawn = random.permutation(count: count)
    let firstCount = (count + 1) / 2
    let own = isFirst ? drawn.prefix(firstCount) : drawn.suffix(count - firstCount)
    let quarterCount = own.count / 4
    return switch part {
    case .quarter: own.prefix(quarterCount).sorted()
    case .others: own.dropFirst(quarterCount).sorted()
    case nil: own.sorted()
    }
  }
}

extension TaskKind {
  /// The kind whose labels are what a model said; nil where outputs do not agree or disagree.
  fileprivate var agreement: (any TaskKind)? {
    isClassification ? self : PlaceAgreement(of: self)
  }
}

extension Model {
  /// Examples with the classes that the model itself gives them.
  fileprivate func labelled(
    _ train: Split, _ test: Split, task: String, name: String, _ processes: ProcessGroup?
  ) throws -> Dataset {
    func relabelled(_ split: Split) throws -> Split {
      let unlabelled = split.relabelled([Int32](repeating: 0, count: split.count))
      return split.relabelled(
        try evaluation(task: task, on: unlabelled, dataset: name, processes: processes).predictions)
    }
    return try Dataset(
      name: name, classNames: heads[task]?.classNames ?? [], train: relabelled(train), test: relabelled(test))
  }
}

/// The mean of booleans as a fraction; NaN of none.
func accuracy(_ isCorrect: [Bool]) -> Double {
  isCorrect.isEmpty ? .nan : Double(isCorrect.count { $0 }) / Double(isCorrect.count)
}
