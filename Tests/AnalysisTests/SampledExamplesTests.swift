import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Whatever takes some of the examples takes them from all of a split, however its file is sorted.
@Suite struct SampledExamplesTests {
  /// 1,000 examples of ten classes, class after class, or in another order.
  private func split(order: [Int] = Array(0..<1000)) -> Split {
    var random = RandomSource(seed: 4)
    let rows = (0..<1000).map { example -> [Float] in
      (0..<12).map { column -> Float in (column == example / 100 ? 3 : 0) + Float(random.normal()) }
    }
    return Split(
      inputs: [InputArray(rows: TensorView(order.flatMap { rows[$0] }, shape: [order.count, 1, 3, 4]))],
      labels: order.map { Int32($0 / 100) })
  }

  private func perceptron(seed: UInt64) throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 3, 4], classCount: 10, hiddenSizes: [16]))
    let model = try Model(initializing: program, task: "t", classNames: (0..<10).map(String.init), seed: seed)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    return model
  }

  private func counts(_ split: Split) -> [Int32: Int] { Dictionary(split.labels.map { ($0, 1) }, uniquingKeysWith: +) }

  @Test func probesAndScoresOfTransferSeeEveryClass() throws {
    let data = try Dataset(
      name: "sorted", classNames: (0..<10).map(String.init), labelMap: Array(0..<10), train: split(), test: split())
    let drawn = ProbeData(data, trainCount: 200, testCount: 200)
    for part in [drawn.train, drawn.test] {
      let counts = counts(part)
      #expect(
        part.count == 200 && counts.count == 10 && counts.values.allSatisfy { (8...36).contains($0) }, "\(counts)")
    }
  }

  /// Of ten classes three have examples to fit a probe to: the others get no rows of their own, and no test example of
  /// them is told.
  @Test func probesAreOfTheClassesThatTheyAreFittedTo() throws {
    let fitted = split(order: [Int](950..<1000) + [Int](420..<450) + [Int](0..<20))
    let data = try Dataset(
      name: "few", classNames: (0..<10).map(String.init), labelMap: Array(0..<10), train: fitted, test: split())
    let drawn = ProbeData(data)
    #expect(drawn.classCount == 3)
    #expect(Set(drawn.train.labels) == [0, 1, 2])
    #expect(counts(drawn.test).values.sorted() == Array(repeating: 100, count: 10))
    let model = try perceptron(seed: 1)
    let layer = try #require(model.comparableLayers.first)
    let probe = try #require(drawn.probes(of: [layer], in: model, controlsLast: false, onFit: {}).probes.first)
    let right = zip(probe.isCorrect, drawn.test.labels).filter(\.0).map(\.1)
    #expect(Set(right).isSubset(of: [0, 1, 2]) && right.count > 240, "\(right.count)")
  }

  /// 240 classes, of which the last ten have no test example.
  @Test func ofVeryManyClassesSomeAreProbed() throws {
    func split(classes: Int, each: Int) -> Split {
      let labels = (0..<classes * each).map { Int32($0 / each) }
      let rows = TensorView(labels.map(Float.init), shape: [labels.count, 1, 1, 1])
      return Split(inputs: [InputArray(rows: rows)], labels: labels)
    }
    let data = try Dataset(
      name: "many", classNames: (0..<240).map(String.init), labelMap: Array(0..<240),
      train: split(classes: 240, each: 12), test: split(classes: 230, each: 3))
    let drawn = ProbeData(data)
    #expect(drawn.drawnClasses == DrawnClasses(count: 100, total: 240) && drawn.classCount == 100)
    #expect(drawn.train.count == 1000 && drawn.test.count == 300)
    #expect(Set(drawn.train.labels) == Set(0..<100) && counts(drawn.test) == counts(drawn.test).mapValues { _ in 3 })
    #expect(Set(drawn.test.labels) == Set(0..<100))
    #expect(ProbeData(data, trainCount: 1500).classCount == 150)
    let all = ProbeData(data, trainCount: 2880)
    #expect(all.drawnClasses == nil && all.classCount == 240 && all.train.count == 2880 && all.test.count == 690)
    #expect(ProbeData(data, drawsClasses: false).drawnClasses == nil)
    // Features are the class itself: that both splits are of the same classes is seen in them.
    var classes: [Set<Float>] = []
    for part in [drawn.train, drawn.test] {
      var pairs: Set<[Float]> = []
      for batch in try Batches(split: part, batchSize: part.count) {
        pairs.formUnion(zip(part.labels, try batch.inputs[0].tensor.array(of: Float.self)).map { [Float($0), $1] })
      }
      #expect(pairs.count == 100)
      classes.append(Set(pairs.map { $0[1] }))
    }
    #expect(classes[0] == classes[1] && classes[0].allSatisfy { $0 < 230 })
  }

  @Test func similarityOfASortedFileIsThatOfAShuffledOne() throws {
    let models = try [UInt64(1), 2].map(perceptron)
    let layer = try #require(models[0].comparableLayers.first)
    func value(_ split: Split, count: Int) throws -> Double {
      try LayerSimilarity(
        comparing: models[0], with: models[1], on: split, dataset: "t", layersA: [layer], layersB: [layer],
        sampleCount: count, batchSize: 50
      ).values[0][0]
    }
    var random = RandomSource(seed: 6)
    let expected = try value(split(order: random.permutation(count: 1000)), count: 1000)
    #expect(abs(try value(split(), count: 1000) - expected) < 0.03)
    #expect(abs(try value(split(), count: 400) - expected) < 0.1)
  }
}
