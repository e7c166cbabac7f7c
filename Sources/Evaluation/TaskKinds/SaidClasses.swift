import Findings
import Foundation
import Torch

/// What is said where each of some rows has a class: the likeliest one, and how likely the right one is.
struct SaidClasses {
  let likeliest: [Int]
  /// Of the right class; of no meaning where none counts.
  let probabilities: [Double]

  /// - Parameters:
  ///   - outputs: `[rows, classes]`.
  ///   - labels: `[rows]`, −100 where none counts.
  init(_ outputs: Tensor, labels: Tensor) throws {
    likeliest = try outputs.argmax(along: 1).array(of: Int64.self).map { Int($0) }
    probabilities = try outputs.crossEntropy(with: labels, reduction: .none).array(of: Double.self).map { exp(-$0) }
  }
}

/// A class's name; its number where it has none.
func className(_ number: Int, among names: [String]) -> String {
  names.indices.contains(number) ? names[number] : "\(number)"
}

/// Numbers of examples, and what two models said of them.
///
/// - Parameters:
///   - right: of all examples, one after the other, so many each; likewise what was said.
///   - name: of a number of an example.
func valueChanges(
  of right: [Double], width: Int, said: [[Double]], isProbability: Bool, name: (Int) -> String
) -> [ExampleChange] {
  stride(from: 0, to: right.count, by: max(1, width)).map { first in
    ExampleChange(
      values: (0..<width).map { place in
        ValueChange(
          name: name(place), right: right[first + place], before: said[0][first + place], after: said[1][first + place],
          isProbability: isProbability)
      })
  }
}
