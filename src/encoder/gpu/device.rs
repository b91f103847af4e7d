//! The adapter and its device: which one is taken, what it is called, and what has gone wrong with it.

use std::sync::{Arc, Mutex, PoisonError};

use super::kernels::Variant;
use super::wait::{Signal, signal};
use crate::error::{Error, ErrorKind, Result};

/// An open device.
pub struct Device {
    /// What buffers and pipelines are made with.
    pub device: wgpu::Device,
    /// What work is handed to.
    pub queue: wgpu::Queue,
    /// What the adapter calls itself, such as `apple metal-3`.
    pub name: String,
    /// Whether the adapter computes on the CPU.
    pub software: bool,
    /// The best form of the linear layers that the device runs.
    pub variant: Variant,
    failure: Failure,
}

/// The first thing that went wrong with a device; nothing it gives after that may be trusted.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    fn report(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    }
}

/// An error of the GPU: whoever asked goes on with the CPU and says why.
pub fn failed(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::NoGpu, what)
}

impl Device {
    /// Opens the device of the fastest adapter. One that computes on the CPU is refused unless `software` is true.
    ///
    /// # Errors
    /// `no-gpu` when there is no adapter, or only one in software, or when it gives no device.
    pub async fn open(software: bool) -> Result<Self> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::BROWSER_WEBGPU;
        let instance = wgpu::Instance::new(descriptor);
        let wanted = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter =
            instance.request_adapter(&wanted).await.map_err(|cause| failed("there is no GPU adapter").caused_by(cause))?;
        let request = adapter.request_device(&wgpu::DeviceDescriptor::default()).await;
        let (device, queue) = request.map_err(|cause| failed("the GPU adapter gives no device").caused_by(cause.to_string()))?;
        let failure = Failure::default();
        let (on_error, on_loss) = (failure.clone(), failure.clone());
        device.on_uncaptured_error(Arc::new(move |error| {
            on_error.report(match error {
                wgpu::Error::OutOfMemory { .. } => "out of memory".into(),
                other => format!("{other}"),
            });
        }));
        device.set_device_lost_callback(move |reason, message| {
            on_loss.report(format!("the device was lost ({reason:?}) {message}"))
        });

        let info = adapter.get_info();
        let name = adapter_name(&device, &info);
        let is_software = info.device_type == wgpu::DeviceType::Cpu || names_software(&name);
        if is_software && !software {
            device.destroy();
            return Err(failed(format!("the only GPU adapter, {name}, computes on the CPU")));
        }
        let packed = instance.wgsl_language_features().contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct);
        let variant = if packed { Variant::Packed } else { Variant::Float };
        Ok(Self { device, queue, name, software: is_software, variant, failure })
    }

    /// What went wrong so far.
    ///
    /// # Errors
    /// `no-gpu` with the first thing that did.
    pub fn check(&self) -> Result<()> {
        match &*self.failure.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(what) => Err(failed(format!("the GPU failed: {what}"))),
            None => Ok(()),
        }
    }

    /// Completes when everything submitted so far is done.
    pub fn finished(&self) -> Signal<()> {
        let (sender, done) = signal();
        self.queue.on_submitted_work_done(move || sender.send(()));
        done
    }

    /// Natively callbacks run only in here; browsers run them by themselves.
    pub fn poll(&self) {
        if cfg!(not(target_family = "wasm")) {
            // A device that is lost says so to its callbacks, too.
            let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        }
    }

    /// A buffer for storage.
    ///
    /// # Errors
    /// `no-gpu` for one that is larger than every device can bind.
    pub fn storage(&self, label: &str, bytes: usize) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        let most = self.device.limits().max_storage_buffer_binding_size;
        let size = (bytes as u64).next_multiple_of(16).max(16);
        if size > most {
            return Err(failed(format!("{label} takes {size} bytes, this GPU binds {most} at once")));
        }
        let usage = Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC;
        Ok(self.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false }))
    }
}

/// Whether a name is that of a known implementation in software.
fn names_software(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "basic render"].iter().any(|known| name.contains(known))
}

#[cfg(not(target_family = "wasm"))]
fn adapter_name(_device: &wgpu::Device, info: &wgpu::AdapterInfo) -> String {
    info.name.clone()
}

/// Vendor, architecture and whatever else the browser tells of the adapter.
#[cfg(target_family = "wasm")]
fn adapter_name(device: &wgpu::Device, info: &wgpu::AdapterInfo) -> String {
    let told = device.as_webgpu().and_then(|device| js_sys::Reflect::get(device.as_ref(), &"adapterInfo".into()).ok());
    let part = |name: &str| js_sys::Reflect::get(told.as_ref()?, &name.into()).ok()?.as_string().filter(|part| !part.is_empty());
    let parts: Vec<String> = ["vendor", "architecture", "device", "description"].into_iter().filter_map(part).collect();
    match (parts.is_empty(), info.name.is_empty()) {
        (false, _) => parts.join(" "),
        (true, false) => info.name.clone(),
        (true, true) => "unnamed".into(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_software_adapters_are_known_in_every_spelling() {
        for name in ["google swiftshader", "llvmpipe (LLVM 15.0.6, 256 bits)", "Microsoft Basic Render Driver"] {
            assert!(super::names_software(name), "{name}");
        }
        assert!(!super::names_software("apple metal-3"));
    }
}
