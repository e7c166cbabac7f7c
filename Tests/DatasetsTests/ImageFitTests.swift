import Checkpoints
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing
import Torch

@testable import Datasets

@Suite struct ImageFitTests {
  @Test func shapesThatCanBeFittedAndThoseThatCannot() {
    #expect(ImageFit([1, 28, 28], to: [3, 32, 32])?.channelRepetition == 3)
    #expect(ImageFit([1, 28, 28], to: [3, 32, 32])?.size == [32, 32])
    #expect(ImageFit([3, 28, 28], to: [3, -1, -1])?.size == nil)
    #expect(ImageFit([1, 28, 28], to: [-1, 28, 14])?.channelRepetition == 1)
    #expect(ImageFit([3, 28, 28], to: [1, 28, 28]) == nil)
    #expect(ImageFit([784], to: [1, 28, 28]) == nil)
    #expect(ImageFit([1, 28, 28], to: [784]) == nil)
  }

  /// Up and down, both axes on their own, against `torch.nn.functional.interpolate`.
  @Test(.enabled(if: Python.path != nil), arguments: [[32, 32], [9, 40], [7, 5]])
  func resizingIsPyTorchsWithAntialiasing(size: [Int]) throws {
    let folder = try TemporaryFolder()
    var random = RandomSource(seed: UInt64(size[0]))
    let pixels = (0..<(2 * 28 * 20)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let path = folder.file("images.h5")
    _ = try File.writeAtomically(to: path) { try $0.writeTensor("x", TensorView(pixels, shape: [2, 1, 28, 20])) }
    let script = """
      import sys, h5py, torch
      size = [int(n) for n in sys.argv[2:]]
      with h5py.File(sys.argv[1], "a") as file:
          x = torch.from_numpy(file["x"][()]).float()
          y = torch.nn.functional.interpolate(x, size=size, mode="bilinear", antialias=True)
          file["y"] = ((y / 255 - 0.2) / 0.5).expand(-1, 3, -1, -1).numpy()
      """
    _ = try Python.run(script, path, "\(size[0])", "\(size[1])")
    let fit = try #require(ImageFit([1, 28, 20], to: [3] + size))
    let found = try Tensor(pixels, shape: [2, 1, 28, 20])
      .preprocessed(by: Preprocessing(mean: [0.2], standardDeviation: [0.5], fitsImages: true), fit: fit)
    #expect(found.shape == [2, 3] + size)
    let expected = try File.open(path).root.dataset("y").read(as: Double.self)
    let worst = try #require(largestDifference(try found.array(of: Float.self).map(Double.init), expected))
    #expect(worst.value < 1e-5, "\(expected[worst.index]) at \(worst.index)")
  }
}
