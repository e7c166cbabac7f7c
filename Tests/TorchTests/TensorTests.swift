import TestSupport
import Testing
import Torch

@Suite struct TensorTests {
  @Test func matrixProductWorkedByHand() throws {
    // [1 2; 3 4]² = [7 10; 15 22]
    let matrix = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(try matrix.matrixProduct(matrix).array(of: Float.self) == [7, 10, 15, 22])
  }

  @Test func bytesRoundTripInEveryType() throws {
    for type in DType.allCases {
      let bytes = [UInt8](repeating: 1, count: 3 * type.byteCount)
      let tensor = try bytes.withUnsafeBytes { try Tensor(bytes: $0, shape: [3], type: type) }
      #expect(tensor.type == type)
      #expect(try tensor.bytes() == bytes)
    }
  }

  @Test func gradientOfASquareIsTwiceTheValue() throws {
    let value = try Tensor([1, -2, 3] as [Float])
    try value.setRequiresGradient(true)
    let loss = try value.multiply(value).sum()
    let gradient = try #require(try loss.gradients(of: [value]).first ?? nil)
    #expect(try gradient.array(of: Float.self) == [2, -4, 6])
  }

  @Test func nothingIsRecordedWithoutGradients() throws {
    let value = try Tensor([1] as [Float])
    try value.setRequiresGradient(true)
    #expect(try withoutGradients { try value.add(value).requiresGradient } == false)
    #expect(try value.add(value).requiresGradient)
  }

  @Test func anErrorOfLibtorchIsOneLineWithoutBacktrace() throws {
    let left = try Tensor([1, 2] as [Float], shape: [1, 2])
    let error = #expect(throws: TorchError.self) { try left.matrixProduct(left) }
    let text = try #require(error).description
    #expect(text.contains("mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)"))
    #expect(!text.contains("\n") && !text.contains("frame #"))
  }

  @Test func equalSeedsDrawEqualNumbers() throws {
    func draw(_ seed: UInt64) throws -> [Float] {
      let tensor = try Tensor.zeros([8])
      try tensor.fillNormal(standardDeviation: 1, using: try Generator(seed: seed))
      return try tensor.array()
    }
    #expect(try draw(3) == draw(3))
    #expect(try draw(3) != draw(4))
  }

  @Test(.enabled(if: ((try? Device.cudaDeviceCount()) ?? 0) > 0)) func sumOnAGPU() throws {
    let tensor = try Tensor([1, 2, 3] as [Float], device: try Device("cuda"))
    #expect(try tensor.sum().item() == 6)
  }

  @Test func unknownDevicesAreRefused() {
    #expect(throws: TorchError.self) { try Device("tpu") }
  }

  @Test func pullAddsTheDistanceInOnePass() throws {
    // g += 0.5 (w − w⁰): 0.5 · (1, 0, −1); Σ (w − w⁰)² = 2
    let gradients = [try Tensor.zeros([3])]
    let weights = [try Tensor([1, 2, 3] as [Float])]
    let references = [try Tensor([0, 2, 4] as [Float])]
    #expect(try pullGradients(gradients, of: weights, toward: references, strength: 0.5).value() == 2)
    #expect(try gradients[0].array(of: Float.self) == [0.5, 0, -0.5])
  }
}
