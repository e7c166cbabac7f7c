import Torch

/// What a linear probe of a layer's features is fitted to say.
public enum ProbeTargets {
  /// A class at every place of an example, `[batch, places]` or `[batch, rows, columns]`, int64, −100 where none counts.
  ///
  /// Outputs have the classes last, `[batch, places, classes]`, of rows and columns first, `[batch, classes, rows, columns]`.
  case classes(Tensor)
  /// Labels that are there or not, `[batch, labels]`; outputs are their logits.
  case labels(Tensor)
  /// Numbers, `[batch, numbers]`; outputs are the numbers.
  case numbers(Tensor)
}
