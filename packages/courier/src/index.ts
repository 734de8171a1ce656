export { isNetwork } from './addresses.ts';
export { type CourierOptions, createCourier } from './courier.ts';
