import Datasets
import Evaluation
import Metrics
import Torch

/// What an example of each class counts in the loss.
public enum ClassWeights: Sendable, Codable, Equatable {
  case equal
  /// Examples / (classes × examples of the class), as scikit-learn's `class_weight="balanced"`.
  case balanced
  /// One for each class.
  case given([Double])

  /// `equal`, `balanced` or `W,W,…`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "equal": self = .equal
    case "balanced": self = .balanced
    default:
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let values = parts.compactMap { Double($0) }
      guard values.count == parts.count, values.allSatisfy({ $0 >= 0 && $0.isFinite }),
        values.contains(where: { $0 > 0 })
      else { return nil }
      self = .given(values)
    }
  }

  /// The weights for the examples of a split; nil where all count alike.
  ///
  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)`` for another number of weights than classes.
  func values(for split: Split, kind: any TaskKind, classCount: Int) throws -> [Double]? {
    switch self {
    case .equal: return nil
    case .given(let weights):
      guard weights.count == classCount else {
        throw TrainingError.unreadableOption(
          .classWeights, reason: "", expected: "\(classCount) numbers, one a class",
          found: weights.map(short).joined(separator: ","))
      }
      return weights
    case .balanced:
      let counts = kind.labelCounts(in: split, of: classCount) ?? []
      let total = Double(counts.reduce(0, +))
      return counts.map { $0 == 0 ? 0 : total / Double(classCount * $0) }
    }
  }
}

/// Over which of a head's classes the loss goes: its softmax, or its yes and no of each label.
public enum LossClasses: String, Sendable, Codable, CaseIterable {
  /// All that the head has.
  case head
  /// Those that the training examples have: the others, which a head may know from before, are not pushed down.
  case target
}

extension LossClasses {
  /// The outputs of a head that the loss is over; nil for all.
  ///
  /// - Throws: ``TrainingError/classesOnly(_:kind:)`` for a kind whose loss has no such part.
  func subset(of split: Split, kind: any TaskKind, outputCount: Int, device: Device) throws -> ClassSubset? {
    guard self == .target else { return nil }
    guard let counts = kind.labelCounts(in: split, of: outputCount) else {
      throw TrainingError.classesOnly(.lossClasses, kind: kind.words)
    }
    let present = counts.indices.filter { counts[$0] > 0 }
    guard !present.isEmpty, present.count < outputCount else { return nil }
    return try ClassSubset(present, of: outputCount, device: device)
  }
}

extension TrainingOptions {
  /// - Throws: ``TrainingError/classesOnly(_:kind:)`` for what weighs or draws classes where there are none.
  func check(for kind: any TaskKind) throws {
    if lossForm == .dynamic, !kind.weighsByProbability {
      throw TrainingError.classesOnly(.lossForm, kind: kind.words)
    }
    guard !kind.isClassification else { return }
    if classWeights != .equal, !kind.weighsClasses { throw TrainingError.classesOnly(.classWeights, kind: kind.words) }
    if samplesEvenly { throw TrainingError.classesOnly(.evenSampling, kind: kind.words) }
    if labelSmoothing > 0, !kind.smoothsLabels { throw TrainingError.classesOnly(.labelSmoothing, kind: kind.words) }
    if !transform.isEmpty, !kind.allowsAugmentation { throw TrainingError.classesOnly(.augmentation, kind: kind.words) }
  }
}

extension Split {
  /// As many examples as there are, every class as likely, drawn with replacement.
  func evenSample(using random: inout RandomSource) -> [Int] {
    var members: [Int32: [Int]] = [:]
    for (index, label) in labels.enumerated() { members[label, default: []].append(index) }
    let classes = members.sorted { $0.key < $1.key }.map(\.value)
    return labels.indices.map { _ in
      let own = classes[Int.random(in: classes.indices, using: &random)]
      return own[Int.random(in: own.indices, using: &random)]
    }
  }
}
