import Testing
import Torch

@Suite struct DeviceTests {
  private static let cudaCount = (try? Device.cudaDeviceCount()) ?? 0

  @Test func theProcessorIsAlwaysThere() throws {
    #expect(try Device("cpu") == .cpu && Device.cpu.description == "cpu" && !Device.cpu.isCUDA)
    try Device.cpu.synchronize()
    #expect(try Tensor([1] as [Float]).device == .cpu)
  }

  @Test func autoIsAGPUWhereThereIsOne() throws {
    #expect(try Device("auto").name == (Self.cudaCount > 0 ? "cuda:0" : "cpu"))
  }

  @Test func aDeviceThatIsNotThereIsRefusedWithWhatIs() {
    let missing = "cuda:\(Self.cudaCount)"
    #expect(
      throws: TorchError.unknownDevice(missing, reason: "this libtorch sees \(Self.cudaCount) CUDA devices")
    ) { try Device(missing) }
    for name in ["tpu", "cuda:-1", "cuda:x", "cuda:", "", "CPU"] {
      #expect(throws: TorchError.unknownDevice(name, reason: "expected auto, cpu, cuda or cuda:N")) { try Device(name) }
    }
  }

  @Test(.enabled(if: cudaCount == 0)) func withoutAGPUNoneIsGiven() {
    let error = #expect(throws: TorchError.self) { try Device("cuda") }
    #expect(error?.description == "device 'cuda': this libtorch sees no CUDA device")
  }

  @Test(.enabled(if: cudaCount > 0)) func tensorsGoToAGPUAndBack() throws {
    let gpu = try Device("cuda")
    let there = try Tensor([1, 2] as [Float]).to(gpu)
    #expect(there.device == gpu && gpu.isCUDA)
    try gpu.synchronize()
    #expect(try there.to(.cpu).device == .cpu)
    #expect(try there.array(of: Float.self) == [1, 2])
  }
}
