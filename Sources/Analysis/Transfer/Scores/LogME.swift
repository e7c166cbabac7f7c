import Foundation
import Torch

extension TransferScores {
  /// How well a Bayesian linear model of the features explains the labels: the logarithm of the maximum evidence, for
  /// each class and example.
  ///
  /// For each class, with the one-hot labels `y`: `log p(y | F) = log ∫ N(y; F w, 1/β) N(w; 0, 1/α) dw`, at the `α` and
  /// `β` that MacKay's fixed point gives, divided by the number of examples; then the mean over classes. With
  /// `λ = α/β`, the eigenvalues `s` of `F Fᵀ` and `m` the weights' posterior mean, a step is `γ = Σ s/(s + λ)`,
  /// `α = γ/‖m‖²`, `β = (n − γ)/‖y − F m‖²`, at most 11 of them, until `λ` moves by less than 1 %; and the value is
  /// `½ (log β − 1 − log 2π) − 1/(2n) Σ log(1 + s/λ)`.
  ///
  /// Features are taken as they are: not centred, no bias. A class that the sample lacks is left out of the mean.
  ///
  /// - Parameters:
  ///   - features: `[examples, width]`, any floating type; computed in float64.
  ///   - labels: one an example.
  /// - Returns: nats an example and class; higher is better, no bound on either side. Features that tell a class
  ///   exactly have no maximum: the misfit is then taken to be that of float64's rounding, and the value is large.
  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` without examples; `TorchError` for features that are not finite.
  /// - Complexity: O(examples · width · min(examples, width)).
  ///
  /// It ranks features; it predicts no accuracy. Values of targets with other classes or class sizes cannot be
  /// compared. Rotating features changes nothing; scaling them changes what the tolerance leaves open, as the first
  /// step is not scaled with them. The authors' later code adds 1e-5 to both denominators; that of the paper, as here,
  /// does not.
  ///
  /// You, Liu, Wang, Long, "LogME: Practical Assessment of Pre-trained Models for Transfer Learning", ICML 2021.
  public static func logME(_ features: Tensor, labels: [Int32]) throws -> Double {
    let projection = try ClassProjection(try features.to(.float64), labels: labels)
    let energies = projection.singular.map { $0 * $0 }
    let evidences = projection.counts.indices.map { place in
      maximumEvidence(
        energies, projection.squares[place], residual: projection.residuals[place], count: labels.count,
        norm: Double(projection.counts[place]))
    }
    return evidences.reduce(0, +) / Double(evidences.count)
  }

  /// - Parameters:
  ///   - energies: the eigenvalues `s`.
  ///   - squares: squared coordinates of `y` along their directions; `residual`, what of `‖y‖²` is in none.
  ///   - norm: `‖y‖²`.
  private static func maximumEvidence(
    _ energies: [Double], _ squares: [Double], residual: Double, count: Int, norm: Double
  ) -> Double {
    let rounding = Double.ulpOfOne * Double.ulpOfOne * norm
    var ratio = 1.0  // λ = α/β
    var precision = 1.0  // β
    for _ in 0..<11 {
      var (used, weights) = (0.0, 0.0)  // γ, ‖m‖²
      // n − γ in terms that do not cancel.
      var (free, misfit) = (Double(count - energies.count), residual)
      for (energy, square) in zip(energies, squares) {
        let kept = energy / (energy + ratio)
        let lost = ratio / (energy + ratio)
        used += kept
        free += lost
        weights += kept * square / (energy + ratio)
        misfit += lost * lost * square
      }
      misfit = max(misfit, rounding)
      precision = free / misfit
      let next = used / weights / precision
      // No weight helps: α is infinite.
      guard next.isFinite else {
        ratio = .infinity
        precision = Double(count) / norm
        break
      }
      let isSettled = abs(next - ratio) < 0.01 * ratio
      ratio = next
      if isSettled { break }
    }
    let volume = energies.reduce(0) { $0 + log1p($1 / ratio) }
    return (log(precision) - 1 - log(2 * .pi)) / 2 - volume / (2 * Double(count))
  }
}
