import Testing

@testable import Torch

@Suite struct PendingNumberTests {
  private func scalar(_ value: Float) throws -> Tensor { try Tensor([value], shape: []) }

  @Test func formulasAreOfTheirOwnScalars() throws {
    let product = PendingNumber(of: [try scalar(3), try scalar(-2)]) { $0[0] * $0[1] }
    let numbers = [product, PendingNumber(5), product.map { -$0 }, product + PendingNumber(of: try scalar(0.5))]
    #expect(try PendingNumber.values(of: numbers) == [-6, 5, 6, -5.5])
    #expect(try numbers[3].value() == -5.5)
    #expect(try product.combined(with: numbers[3]) { $0 - $1 }.value() == -0.5)
    #expect(try PendingNumber.values(of: []).isEmpty)
  }

  @Test func whatIsNotFiniteIsMarked() throws {
    let sound = PendingNumber(of: try scalar(1))
    for bad in [Float.nan, .infinity, -.infinity] {
      // The formula does not matter: one of the scalars is no number.
      let number = PendingNumber(of: [try scalar(2), try scalar(bad)]) { _ in 0 }
      #expect(try PendingNumber.marksNotFinite([sound, number])?.item() == 1)
    }
    #expect(try PendingNumber.marksNotFinite([sound, sound])?.item() == 0)
    #expect(try PendingNumber.marksNotFinite([]) == nil)
  }

  @Test func theFirstPairOfOtherBytesIsFound() throws {
    let (one, other) = (try Tensor([1, .nan, 0.0] as [Float]), try Tensor([1, .nan, -0.0] as [Float]))
    #expect(try Tensor.firstDifference(in: [(one, one.cloned()), (one, other)]) == 1)
    #expect(try Tensor.firstDifference(in: [(one, one.cloned())]) == nil)
    #expect(try Tensor.firstDifference(in: []) == nil)
  }

  @Test func aShortageIsReadFromWhatCUDASays() {
    let said = """
      CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.19 GiB is free. \
      Including non-PyTorch memory, this process has 77.95 GiB memory in use. Of the allocated memory 70.00 GiB is allocated \
      by PyTorch, and 7.45 GiB is reserved by PyTorch but unallocated.
      """
    let shortage = MemoryShortage(saidByLibtorch: said)
    #expect(shortage == MemoryShortage(asked: "2.00 GiB", free: "1.19 GiB", capacity: "79.15 GiB"))
    #expect(shortage.description == "the GPU's memory is full: asked for 2.00 GiB, 1.19 GiB free of 79.15 GiB")
    #expect(
      MemoryShortage(saidByLibtorch: "CUDA driver error: out of memory").description == "the GPU's memory is full")
  }
}
