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
  /// Whether the source's labels are what the model before said of a proxy set, as its own data are not at hand:
  /// the score is then agreement with it.
  public let isProxy: Bool
  /// The epoch that the model after is of, by its checkpoint.
  public let epoch: Int
  /// Whether every layer is looked at by itself, rather than blocks where there are many.
  public let takesEveryLayer: Bool
  /// The examples that judge everything but the amount.
  let sourceTest: Split
  let targetTest: Split?
  /// Where each example of `sourceTest` stands among the source's test examples.
  let sourceTestIndices: [Int]
  /// All of the source's test examples; of a proxy, with labels that do not count.
  let wholeSourceTest: Split
  /// What was measured of the models as they are.
  var shared = SharedMeasurements()

  /// - Parameters:
  ///   - isProxy: whether `source` only stands in for the source's examples. Its labels do not count.
  ///   - sourceTask: the head that judges the source; the data's own, or the one that was there before, when nil.
  ///   - targetTask: the head that judges the target; the data's own, or the one in place after, when nil.
  ///   - takesEveryLayer: whether every layer is looked at by itself, where by default many are taken as blocks.
  ///   - testCount: test examples of each task, at most, drawn by the seed. The amount is judged on all.
  /// - Throws: `ModelError` where a head is missing, ``AnalysisError/nothingToCompare(_:)`` for two different networks.
  public init(
    before: Checkpoint, after: Checkpoint, source: Dataset, target: Dataset?, isProxy: Bool = false,
    sourceTask: String? = nil, targetTask: String? = nil, takesEveryLayer: Bool = false,
    testCount: Int = DiagnosisThresholds.judgedExamples,
    seed: UInt64 = 0, device: Device = .cpu
  ) throws {
    for data in [source, target].compactMap({ $0 }) {
      try data.requireClasses(for: "diagnosis, probes and rewinds are")
    }
    self.before = try Model(before, device: device)
    self.after = try Model(after, device: device)
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
    let classes = JudgedClasses(
      source: isProxy ? nil : try source.classMatch(to: task, among: after.heads),
      target: try target.flatMap { data in try targetHead.map { try data.classMatch(to: $0, among: after.heads) } })
    _ = try Interpolation(before: before, after: after)
    self.sourceTask = task
    self.targetTask = targetHead
    self.classes = classes
    let source = try source.renumbered(by: classes.source, of: after.heads[task])
    let target = try target?.renumbered(by: classes.target, of: targetHead.flatMap { after.heads[$0] })
    self.target = target
    var random = RandomSource(seed: seed)
    func sample(_ split: Split, _ count: Int) -> [Int] {
      split.count > count ? random.sample(count, of: split.count).sorted() : Array(0..<split.count)
    }
    sourceTestIndices = sample(source.test, testCount)
    let judged = source.test.selecting(sourceTestIndices)
    if isProxy {
      wholeSourceTest = source.test.relabelled([Int32](repeating: 0, count: source.test.count))
      let fitted = source.train.selecting(sample(source.train, DiagnosisThresholds.proxyExamples))
      self.source = try self.before.labelled(fitted, judged, task: task, name: source.name)
      sourceTest = self.source.test
    } else {
      wholeSourceTest = source.test
      self.source = source
      sourceTest = judged
    }
    targetTest = target.map { $0.test.selecting(sample($0.test, testCount)) }
  }

  /// What the source is scored by.
  var score: Score { isProxy ? .agreement : .accuracy }

  /// Puts the source's head in place in both models, where their outputs are looked at.
  func activateSourceHead() throws {
    try before.activate(task: sourceTask)
    try after.activate(task: sourceTask)
  }
}

extension ComparedModels {
  /// Which source examples a model gets right, with the source's head.
  ///
  /// - Parameter half: only those of one half.
  func sourceCorrect(_ model: Model, half: Half? = nil) throws -> [Bool] {
    let split = half?.take(sourceTest) ?? sourceTest
    return try model.evaluation(task: sourceTask, on: split, dataset: source.name).isCorrect
  }

  /// Which target examples; none without a target.
  func targetCorrect(_ model: Model, half: Half? = nil) throws -> [Bool] {
    guard let targetTest, let targetTask, let target else { return [] }
    let split = half?.take(targetTest) ?? targetTest
    return try model.evaluation(task: targetTask, on: split, dataset: target.name).isCorrect
  }
}

extension ComparedModels {
  /// What the target's score lost by the change that is applied, with its paired interval; not measured without a target.
  ///
  /// - Parameters:
  ///   - target: which examples were right without it.
  ///   - half: that these are of.
  func cost(from target: [Bool], half: Half? = nil, using random: inout RandomSource) throws -> Estimate {
    guard !target.isEmpty else { return .unmeasured }
    return -PairedComparison(before: target, after: try targetCorrect(after, half: half)).change(using: &random)
  }
}

/// One half of the examples: every other one. What is chosen on the first is judged on the second.
struct Half {
  static let choosing = Half(isFirst: true)
  static let judging = Half(isFirst: false)

  let isFirst: Bool

  func take(_ values: [Bool]) -> [Bool] { indices(of: values.count).map { values[$0] } }

  func take(_ split: Split) -> Split { split.selecting(indices(of: split.count)) }

  private func indices(of count: Int) -> [Int] { Array(stride(from: isFirst ? 0 : 1, to: count, by: 2)) }
}

extension Model {
  /// Examples with the classes that the model itself gives them.
  fileprivate func labelled(_ train: Split, _ test: Split, task: String, name: String) throws -> Dataset {
    func relabelled(_ split: Split) throws -> Split {
      let unlabelled = split.relabelled([Int32](repeating: 0, count: split.count))
      return split.relabelled(try evaluation(task: task, on: unlabelled, dataset: name).predictions)
    }
    return try Dataset(
      name: name, classNames: heads[task]?.classNames ?? [], train: relabelled(train), test: relabelled(test))
  }
}

/// The mean of booleans as a fraction; NaN of none.
func accuracy(_ isCorrect: [Bool]) -> Double {
  isCorrect.isEmpty ? .nan : Double(isCorrect.count { $0 }) / Double(isCorrect.count)
}
