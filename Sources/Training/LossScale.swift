import Torch

/// What the loss is multiplied by where a network computes in float16, whose small gradients would be rounded to zero:
/// they are divided by it again.
///
/// It begins at 65,536, is halved after a step whose gradients are not finite, which then moves nothing, and doubled after
/// 2,000 steps without such a one, as `torch.amp.GradScaler` does. Micikevicius et al., "Mixed Precision Training", ICLR
/// 2018.
struct LossScale: Codable, Equatable {
  private(set) var value = 65_536.0
  /// Steps since it last changed.
  private(set) var steadySteps = 0
  /// Steps that moved nothing.
  private(set) var skippedSteps = 0
  private static let stepsBeforeGrowth = 2000

  /// Whether gradients are not finite whatever the loss is multiplied by.
  var isSpent: Bool { value < 1 }

  /// - Parameter isFinite: whether a step's gradients are.
  mutating func take(isFinite: Bool) {
    guard isFinite else {
      value /= 2
      steadySteps = 0
      skippedSteps += 1
      return
    }
    steadySteps += 1
    guard steadySteps == Self.stepsBeforeGrowth else { return }
    value *= 2
    steadySteps = 0
  }
}

/// Operators found once, at their first use.
private enum Known {
  static let scaled = Result { try Operator("aten::_foreach_mul", overload: "Scalar") }
  static let markNotFinite = Result { try Operator("aten::_amp_foreach_non_finite_check_and_unscale_") }
}

extension LossScale {
  /// Gradients of the loss itself, of those of the loss times ``value``; and a scalar, 1 where an element is not finite.
  func unscaled(_ gradients: [Tensor]) throws -> (gradients: [Tensor], mark: Tensor?) {
    guard let device = gradients.first?.device else { return ([], nil) }
    return try withoutGradients {
      let own = try Known.scaled.get()([.tensors(gradients), .double(1 / value)]).compactMap { result in
        if case .tensor(let gradient) = result { gradient } else { nil }
      }
      let mark = try Tensor.zeros([], device: device)
      let one = try Tensor.zeros([], device: device)
      try one.fill(1)
      try Known.markNotFinite.get()([.tensors(own), .tensor(mark), .tensor(one)])
      return (own, mark)
    }
  }
}
