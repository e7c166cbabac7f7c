import Checkpoints
import Datasets
import Evaluation
import Findings
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
  /// Whether the source's labels are what the model before said of a proxy set, as its own data are not at hand:
  /// accuracy is then agreement with it.
  public let isProxy: Bool
  /// Whether every layer is looked at by itself, rather than blocks where there are many.
  public var takesEveryLayer = false
  let sourceTest: Split
  let targetTest: Split?
  /// Where each example of `sourceTest` stands among the source's test examples.
  let sourceTestIndices: [Int]
  var known = Known()

  /// What several measures need of the models as they are, each computed when it is first asked for.
  struct Known {
    var before: [Bool]?
    var after: (source: [Bool], target: [Bool])?
    /// The inner nil where the model has no running statistics.
    var statistics: ModelChange??
    var head: (isCorrect: [Bool], change: ModelChange?)?
    var smallestSet: [RewindUnit]?
  }

  /// - Parameters:
  ///   - isProxy: whether `source` only stands in for the source's examples. Its labels do not count.
  ///   - sourceTask: the head that judges the source; the data's own, or the one that was there before, when nil.
  ///   - testCount: test examples of each task, at most, drawn by the seed.
  /// - Throws: `ModelError` where a head is missing, ``AnalysisError/nothingToCompare(_:)`` for two different networks.
  public init(
    before: Checkpoint, after: Checkpoint, source: Dataset, target: Dataset?, isProxy: Bool = false,
    sourceTask: String? = nil, testCount: Int = 2000, seed: UInt64 = 0, device: Device = .cpu
  ) throws {
    self.before = try Model(before, device: device)
    self.after = try Model(after, device: device)
    self.target = target
    self.isProxy = isProxy
    let other = before.task == after.task ? nil : before.task
    let own = isProxy ? nil : source.name
    let candidates = [sourceTask, own, other, before.heads.keys.first { $0 != after.task }, before.task]
      .compactMap { $0 }
    guard let task = candidates.first(where: { before.heads[$0] != nil && after.heads[$0] != nil }),
      sourceTask == nil || task == sourceTask
    else {
      throw ModelError.missingHead(task: sourceTask ?? source.name, available: after.heads.keys.sorted())
    }
    if !isProxy { try source.checkHead(task, among: after.heads) }
    if let target { try target.checkHead(target.name, among: after.heads) }
    _ = try Interpolation(before: before, after: after)
    self.sourceTask = task
    targetTask = target?.name
    var random = RandomSource(seed: seed)
    func sample(_ split: Split, _ count: Int) -> [Int] {
      split.count > count ? random.sample(count, of: split.count).sorted() : Array(0..<split.count)
    }
    sourceTestIndices = sample(source.test, testCount)
    let judged = source.test.selecting(sourceTestIndices)
    if isProxy {
      let fitted = source.train.selecting(sample(source.train, Self.proxyTrainCount))
      self.source = try self.before.labelled(fitted, judged, task: task, name: source.name)
      sourceTest = self.source.test
    } else {
      self.source = source
      sourceTest = judged
    }
    targetTest = target.map { $0.test.selecting(sample($0.test, testCount)) }
  }

  /// More examples of a proxy set than this are not labelled for heads and probes to be fitted to.
  private static let proxyTrainCount = 5000

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

extension JudgedPair {
  /// CKA of each layer of two models with its namesake, on source examples.
  func similarity(
    of layers: [String], _ a: Model, _ b: Model, sampleCount: Int
  ) throws -> [String: LayerSimilarity.Entry] {
    try similarity(of: layers, a, b, on: sourceTest, dataset: source.name, sampleCount: sampleCount)
  }

  /// Likewise, on other examples.
  func similarity(
    of layers: [String], _ a: Model, _ b: Model, on split: Split, dataset: String, sampleCount: Int
  ) throws -> [String: LayerSimilarity.Entry] {
    let matrix = try LayerSimilarity(
      comparing: a, with: b, on: split, dataset: dataset, layersA: layers, layersB: layers, sampleCount: sampleCount)
    return Dictionary(uniqueKeysWithValues: matrix.diagonal.map { ($0.layer, $0) })
  }
}

/// One half of the examples: every other one.
struct Half {
  let isFirst: Bool

  func take(_ values: [Bool]) -> [Bool] { indices(of: values.count).map { values[$0] } }

  func take(_ split: Split) -> Split { split.selecting(indices(of: split.count)) }

  private func indices(of count: Int) -> [Int] { Array(stride(from: isFirst ? 0 : 1, to: count, by: 2)) }
}

extension Model {
  /// Examples with the classes that the model itself gives them.
  fileprivate func labelled(_ train: Split, _ test: Split, task: String, name: String) throws -> Dataset {
    func relabelled(_ split: Split) throws -> Split {
      split.relabelled(try evaluation(task: task, on: split.relabelled(.zeros(split.count)), dataset: name).predictions)
    }
    return try Dataset(
      name: name, classNames: heads[task]?.classNames ?? [], train: relabelled(train), test: relabelled(test))
  }
}

extension [Int32] {
  fileprivate static func zeros(_ count: Int) -> [Int32] { [Int32](repeating: 0, count: count) }
}

/// The mean of booleans as a fraction; NaN of none.
func accuracy(_ isCorrect: [Bool]) -> Double {
  isCorrect.isEmpty ? .nan : Double(isCorrect.count { $0 }) / Double(isCorrect.count)
}
