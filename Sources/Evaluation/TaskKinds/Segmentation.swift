import Datasets
import Findings
import Metrics
import Torch

/// A class for every pixel.
///
/// Labels of 255 where there are fewer classes, as in Pascal VOC and Cityscapes, and of −100 are left out. The mean of the
/// intersection over union is over the classes that are there or are said.
public struct Segmentation: TaskKind {
  public let name = "segmentation"
  public let words = "segmentation"
  public let scores = [Score.meanIoU, .pixelAccuracy]
  /// An image that is turned would need its labels turned with it.
  public let allowsAugmentation = false
  private static let voidLabel = 255

  private let names: [String]

  /// A kind that nothing of the data is known of.
  public init() { self.init(names: []) }

  private init(names: [String]) { self.names = names }

  public func bound(to data: Dataset) -> any TaskKind { Segmentation(names: outputNames(of: data) ?? []) }

  public let objectionToGrowth: String? = nil

  public func naming(outputs names: [String]) -> any TaskKind { Segmentation(names: names) }

  public func fits(_ form: TaskForm) -> Bool {
    guard form.hasIntegerLabels, form.labelShape.count == 2 else { return false }
    return form.outputShape.map { $0.count == 3 && Array($0.dropFirst()) == form.labelShape } ?? true
  }

  public func outputNames(of data: Dataset) -> [String]? { data.classNamesOrNumbers(besides: Self.voidLabel) }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    let classCount = form.outputShape?.first
    let counted = values.filter { $0 != Double(Dataset.ignoredLabel) && !isVoid($0, classCount: classCount) }
    guard !counted.isEmpty else { return "has no pixel to classify: every label is left out" }
    return classFault(in: counted, classCount: classCount, noun: "class")
  }

  private func isVoid(_ value: Double, classCount: Int?) -> Bool {
    value == Double(Self.voidLabel) && classCount.map { $0 <= Self.voidLabel } ?? true
  }

  /// −100 wherever a pixel is left out.
  private func counted(_ labels: Tensor, classCount: Int) throws -> Tensor {
    guard classCount <= Self.voidLabel else { return labels }
    return try labels.filled(where: labels.equals(Self.voidLabel), with: Double(Dataset.ignoredLabel))
  }

  public var widensOutputs: Bool { true }

  public let weighsClasses = true
  public let weighsByProbability = true

  /// 255 is none where there are fewer classes.
  public func labelCounts(in split: Split, of count: Int) -> [Int]? { split.targetClassCounts(of: count) }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    try classLoss(of: outputs, labels: counted(labels, classCount: outputs.shape[1]), settings: settings)
  }

  public func mass(of labels: Tensor) throws -> Double {
    // Where 255 is a class, an image has as many pixels as any other, so that counting it less changes no mean.
    try countOfClasses(in: counted(labels, classCount: 0))
  }

  public var outputMeaning: OutputMeaning? { .classes(axis: 1) }
  public var places: String? { "pixels" }

  public func isCounted(_ labels: Tensor) throws -> Tensor? {
    try counted(labels, classCount: 0).equals(Int(Dataset.ignoredLabel)).negated()
  }

  /// Loss, pixels, right pixels; then of each class the pixels that are it and are said to be, are said to be, and are it.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let classCount = outputs.shape[1]
    let labels = try counted(labels, classCount: classCount)
    let sums = try classSums(of: outputs, labels: labels, classAxis: 1)
    let (answers, right) = (try outputs.argmax(along: 1).array(of: Int64.self), try labels.array(of: Int64.self))
    let pixelCount = right.count / max(1, sums.count)
    var values: [Double] = []
    values.reserveCapacity(sums.count * (3 + 3 * classCount))
    for row in 0..<sums.count {
      var counts = [Double](repeating: 0, count: 3 * classCount)
      for place in row * pixelCount..<(row + 1) * pixelCount where right[place] != Dataset.ignoredLabel {
        let (said, own) = (Int(answers[place]), Int(right[place]))
        if said == own { counts[3 * own] += 1 }
        counts[3 * said + 1] += 1
        counts[3 * own + 2] += 1
      }
      values += Array(sums[row]) + counts
    }
    return ExampleSums(width: 3 + 3 * classCount, values: values)
  }

  public func shareOfAnswers(among outputs: Set<Int>, in sums: ExampleSums) -> Double? {
    let totals = sums.totals()
    return share(of: outputs, in: stride(from: 4, to: totals.count, by: 3).map { totals[$0] })
  }

  /// The class of every pixel, and what was said of it.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let classCount = before.shape[1]
    let labels = try counted(labels, classCount: classCount)
    let (height, width) = (labels.shape[1], labels.shape[2])
    let said = try [before, after].map { try $0.argmax(along: 1).array(of: Int64.self).map { Int($0) } }
    let right = try labels.array(of: Int64.self).map { $0 == Dataset.ignoredLabel ? nil : Int($0) }
    return (0..<labels.shape[0]).map { row in
      let own = row * height * width..<(row + 1) * height * width
      return ExampleChange(
        masks: MaskChange(
          height: height, width: width, classes: (0..<classCount).map { className($0, among: names) },
          right: Array(right[own]), before: Array(said[0][own]), after: Array(said[1][own])))
    }
  }

  /// A class 255 is one of more classes than a probe is fitted for.
  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? { .classes(try counted(labels, classCount: 0)) }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    var shares: [Double] = []
    for first in stride(from: 3, to: totals.count, by: 3) {
      let union = totals[first + 1] + totals[first + 2] - totals[first]
      if union > 0 { shares.append(totals[first] / union) }
    }
    let mean = shares.isEmpty ? Double.nan : shares.reduce(0, +) / Double(shares.count)
    return TaskValues(loss: totals[0] / totals[1], scores: [mean, totals[2] / totals[1]])
  }
}

extension Score {
  /// The mean over classes of intersection over union.
  public static let meanIoU = Score(name: "mean_iou", unit: .fraction, direction: .up)
  /// The share of pixels that are right.
  public static let pixelAccuracy = Score(name: "pixel_accuracy", unit: .fraction, direction: .up)
}
