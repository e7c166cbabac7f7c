import Checkpoints
import Datasets
import Metrics
import Models
import Programs
import Torch
import Training

/// A model before and after fine-tuning, and the examples that judge both tasks.
public final class JudgedPair {
  public let before: Model
  public let after: Model
  public let source: Dataset
  public let target: Dataset?
  public let sourceTask: String
  public let targetTask: String?
  /// Whether every layer is looked at by itself, rather than blocks where there are many.
  public var takesEveryLayer = false
  let sourceTest: Split
  let targetTest: Split?
  var known = Known()

  /// What several measures need of the models as they are, each computed when it is first asked for.
  struct Known {
    var before: [Bool]?
    var after: (source: [Bool], target: [Bool])?
    /// The inner nil where the model has no running statistics.
    var statistics: ModelChange??
    var head: (isCorrect: [Bool], change: ModelChange?)?
  }

  /// - Parameters:
  ///   - sourceTask: the head that judges the source; the data's own, or the one that was there before, when nil.
  ///   - testCount: test examples of each task, at most, drawn by the seed.
  /// - Throws: `ModelError` where a head is missing, ``AnalysisError/nothingToCompare(_:)`` for two different networks.
  public init(
    before: Checkpoint, after: Checkpoint, source: Dataset, target: Dataset?, sourceTask: String? = nil,
    testCount: Int = 2000, seed: UInt64 = 0, device: Device = .cpu
  ) throws {
    self.before = try Model(before, device: device)
    self.after = try Model(after, device: device)
    self.source = source
    self.target = target
    let other = before.task == after.task ? nil : before.task
    let candidates = [sourceTask, source.name, other, before.heads.keys.first { $0 != after.task }].compactMap { $0 }
    guard let task = candidates.first(where: { before.heads[$0] != nil && after.heads[$0] != nil }),
      sourceTask == nil || task == sourceTask
    else {
      throw ModelError.missingHead(task: sourceTask ?? source.name, available: after.heads.keys.sorted())
    }
    try source.checkHead(task, among: after.heads)
    if let target { try target.checkHead(target.name, among: after.heads) }
    _ = try Interpolation(before: before, after: after)
    self.sourceTask = task
    targetTask = target?.name
    var random = RandomSource(seed: seed)
    func sample(_ split: Split) -> Split {
      guard split.count > testCount else { return split }
      return split.selecting(random.sample(testCount, of: split.count).sorted())
    }
    sourceTest = sample(source.test)
    targetTest = target.map { sample($0.test) }
  }

  /// Which source examples a model gets right, with the source's head.
  func sourceCorrect(_ model: Model) throws -> [Bool] {
    try correct(model, task: sourceTask, on: sourceTest, dataset: source.name)
  }

  /// Which target examples; none without a target.
  func targetCorrect(_ model: Model) throws -> [Bool] {
    guard let targetTest, let targetTask, let target else { return [] }
    return try correct(model, task: targetTask, on: targetTest, dataset: target.name)
  }

  private func correct(_ model: Model, task: String, on split: Split, dataset: String) throws -> [Bool] {
    let active = model.task
    try model.activate(task: task)
    let result = try Evaluator().evaluate(model, on: split, dataset: dataset)
    try model.activate(task: active)
    return result.isCorrect
  }

  /// Which source examples the model before gets right; measured once.
  func asItWas() throws -> [Bool] {
    let result = try known.before ?? sourceCorrect(before)
    known.before = result
    return result
  }

  /// Which source and target examples the model after gets right with no change applied; measured once.
  func asItIs() throws -> (source: [Bool], target: [Bool]) {
    let result = try known.after ?? (sourceCorrect(after), targetCorrect(after))
    known.after = result
    return result
  }
}

/// The mean of booleans as a fraction; NaN of none.
func accuracy(_ isCorrect: [Bool]) -> Double {
  isCorrect.isEmpty ? .nan : Double(isCorrect.count { $0 }) / Double(isCorrect.count)
}
