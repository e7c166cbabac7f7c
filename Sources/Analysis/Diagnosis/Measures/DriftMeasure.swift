import Models
import Torch

/// How far weights moved: the drift of layers, `‖now − before‖ / ‖before‖` over a layer's parameters.
struct DriftMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// - Parameter now: the model after, unless given.
  func drift(of unit: RewindUnit, to now: Model? = nil) throws -> Double {
    try withoutGradients {
      var (change, size) = (0.0, 0.0)
      for name in unit.names.sorted() {
        guard let end = (now ?? models.after).parameters[name], let start = models.before.parameters[name] else {
          continue
        }
        change += try end.subtract(start).squared().sum().item()
        size += try start.squared().sum().item()
      }
      return change == 0 ? 0 : (change / size).squareRoot()
    }
  }
}
