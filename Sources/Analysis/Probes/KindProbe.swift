import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// A linear probe of a layer for a task whose examples say more than one class: judged as its kind judges models.
public struct KindProbe: LayerProbe {
  public let layer: String
  /// What each test example came to.
  let answers: Answers
  public let penalty: Double

  public var score: Double { answers.score }

  public func drop(to after: KindProbe) -> Estimate {
    var random = RandomSource(seed: 8)
    return -answers.gain(to: after.answers, using: &random).gain
  }
}

/// Examples that probes are fitted to and judged on for a task of any kind: whole ones, never places of one in both.
///
/// Of classes that places have, some places of each training example are drawn, and all of each test example are judged.
public struct KindProbeData: ProbedExamples {
  let train: Split
  let test: Split
  let dataset: String
  let kind: any TaskKind
  /// Of classes that places have.
  let classCount: Int
  /// Those that probe together, each the same models; nil for one by itself.
  public var processes: ProcessGroup?
  /// Words of a language model that a probe is fitted over, at most: it is a regression over every one of them.
  public static let mostWords = 1000

  public var score: Score { kind.score }
  public var datasetName: String { dataset }
  public var fittedCount: Int { train.count }
  public var judgedCount: Int { test.count }

  init(train: Split, test: Split, dataset: String, kind: any TaskKind, classCount: Int) {
    self.train = train
    self.test = test
    self.dataset = dataset
    self.kind = kind
    self.classCount = classCount
  }

  /// - Parameters:
  ///   - kind: bound to the data.
  ///   - wordCount: how many outputs a language model has, whose words no data name; asked for of such alone.
  ///   - trainCount: training examples, at most, drawn by the seed; likewise the test's.
  /// - Throws: ``AnalysisError/noProbes(kind:)`` of a kind that none is fitted for,
  ///   ``AnalysisError/tooManyWords(_:most:)``.
  public init(
    _ data: Dataset, kind: any TaskKind, wordCount: @autoclosure () throws -> Int? = nil, trainCount: Int = 1000,
    testCount: Int = 1000, seed: UInt64 = 0
  ) throws {
    let drawn = data.probed(trainCount: trainCount, testCount: testCount, seed: seed)
    try self.init(data, kind: kind, wordCount: wordCount(), train: drawn.train, test: drawn.test)
  }

  /// Training examples that were drawn, judged on the test examples, or on some of them.
  init(
    _ data: Dataset, kind: any TaskKind, wordCount: @autoclosure () throws -> Int?, train: Split, test: Split? = nil
  ) throws {
    self.train = train
    self.test = test ?? data.test
    dataset = data.name
    self.kind = kind
    let named = kind.outputNames(of: data)?.count
    classCount = try named ?? wordCount() ?? 0
    if named == nil, classCount > Self.mostWords {
      throw AnalysisError.tooManyWords(classCount, most: Self.mostWords)
    }
    guard classCount > 0, let first = try Batches(split: train, batchSize: 1).makeIterator().next(),
      try kind.probeTargets(of: first.labels) != nil
    else { throw AnalysisError.noProbes(kind: kind.words) }
  }

  public func probes(
    of layers: [String], in model: Model, controlsLast: Bool, onFit: () -> Void
  ) throws -> (probes: [KindProbe], control: ControlDraws) {
    try model.probes(of: layers, on: self, controlsLast: controlsLast, onFit: onFit)
  }
}

extension Dataset {
  /// Examples for probes, so many at most of each split, drawn by the seed.
  ///
  /// - Parameter classes: of which they are to be; nil for all.
  func probed(
    _ classes: Set<Int32>? = nil, trainCount: Int = 1000, testCount: Int = 1000, seed: UInt64 = 0
  ) -> (train: Split, test: Split) {
    var random = RandomSource(seed: seed)
    func places(_ count: Int, of split: Split) -> [Int] {
      guard let classes else { return random.sample(count, of: split.count) }
      let labels = split.labels
      let own = labels.indices.filter { classes.contains(labels[$0]) }
      return random.sample(count, of: own.count).map { own[$0] }
    }
    let drawn = train.selecting(places(trainCount, of: train))
    return (drawn, test.selecting(places(testCount, of: test).sorted()))
  }

  /// So many of the classes that both splits have examples of, drawn by the seed; nil where the training examples are of
  /// no more, or those of both have no class in common.
  func drawingClasses(most: Int, seed: UInt64) -> Set<Int32>? {
    let fitted = Set(train.labels)
    guard fitted.count > most else { return nil }
    let both = fitted.intersection(test.labels).sorted()
    guard !both.isEmpty else { return nil }
    var random = RandomSource(seed: seed ^ 0x636C_6173)
    return Set(random.sample(most, of: both.count).map { both[$0] })
  }
}

extension Model {
  /// How many words a language model gives at each place of a text of these data.
  public func wordCount(on data: Dataset) throws -> Int? { try outputShape(on: data.test).last }

  /// What probes of its layers are fitted to and judged on; nil of a task that none is fitted for.
  ///
  /// - Parameter train: examples that were drawn to fit them to; nil to draw them.
  func probeData(_ data: Dataset, kind: any TaskKind, train: Split? = nil) throws -> KindProbeData? {
    do {
      guard let train else { return try KindProbeData(data, kind: kind, wordCount: wordCount(on: data)) }
      return try KindProbeData(data, kind: kind, wordCount: wordCount(on: data), train: train)
    } catch AnalysisError.noProbes, AnalysisError.tooManyWords { return nil }
  }

  /// Probes layers on a task of any kind; those whose outputs have not the places that labels have are left out.
  ///
  /// - Parameters: as of probes of classes.
  func probes(
    of layers: [String], on data: KindProbeData, controlsLast: Bool = false, onFit: () -> Void = {}
  ) throws -> (probes: [KindProbe], control: ControlDraws) {
    let rows = try ProbeRows(of: layers, in: self, on: data)
    var fits = rows.layers.map { ProbeFit(layer: $0) }
    if controlsLast, let last = rows.layers.last {
      fits += (0..<UInt64(ControlDraws.count)).map { ProbeFit(layer: last, permutation: $0) }
    }
    var prepared: (layer: String, features: ProbeRows.Prepared)?
    let found = try fits.dealt(among: data.processes, features: rows.features) { fit in
      defer { onFit() }
      let own = try prepared.flatMap { $0.layer == fit.layer ? $0.features : nil } ?? rows.prepared(fit.layer)
      prepared = (fit.layer, own)
      let (map, penalty, _) = try (fit.permutation.map(rows.permuted) ?? rows).fit(own, classCount: data.classCount)
      return try [Tensor([penalty])] + map.tensors()
    }
    let maps = try found.map { try LinearMap(tensors: Array($0.dropFirst())) }
    let answers = try judged(zip(fits, maps).map { ($0.layer, $1) }, on: data)
    let probeCount = rows.layers.count
    let probes = try fits.indices.prefix(probeCount).compactMap { number in
      let penalty = try found[number][0].array(of: Double.self)[0]
      return answers[number].map { KindProbe(layer: fits[number].layer, answers: $0, penalty: penalty) }
    }
    return (probes, ControlDraws(answers.dropFirst(probeCount).compactMap { $0?.score }))
  }

  /// What maps of layers' features make of the test examples; nil of layers without features for the task.
  func judged(_ maps: [(layer: String, map: LinearMap)], on data: KindProbeData) throws -> [Answers?] {
    let pass = SharedPass(over: data.processes)
    var sums = [ExampleSums?](repeating: nil, count: maps.count)
    try withoutGradients {
      for batch in pass.part(of: try Batches(split: data.test, batchSize: ProbeRows.batchSize, device: device)) {
        let layers = Set(maps.map(\.layer))
        let features = try run(try batch.modelInputs(for: self), capture: layers.sorted()).features
        let labels = try batch.labels
        guard let targets = try data.kind.probeTargets(of: labels) else { return }
        let placed = try features.compactMapValues { try PlacedFeatures($0, for: targets) }
        for (number, (layer, map)) in maps.enumerated() {
          guard let said = try placed[layer]?.outputs(of: map).to(.float32) else { continue }
          let own = try data.kind.sums(of: said, labels: labels)
          if sums[number] == nil { sums[number] = own } else { sums[number]?.append(own) }
        }
      }
    }
    return try pass.joined(sums).map { $0.map { Answers(data.kind, $0) } }
  }
}
